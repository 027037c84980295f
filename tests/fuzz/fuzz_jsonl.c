/* fuzz_jsonl: JSON lines and lists of any bytes: rows that can be written as JSON, or an error with a message. */
#include "data/jsonl.h"
#include "data/jsonlist.h"
#include "fuzz/fuzz_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    const uint8_t how = n_bytes ? data[0] : 0; /* the first byte picks the reader */
    if (n_bytes)
        data++, n_bytes--;
    run(how % 2 ? jsonlist_parse : jsonl_parse, data, n_bytes);
    return 0;
}
