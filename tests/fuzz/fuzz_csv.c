/* fuzz_csv: CSV and TSV of any bytes: rows that can be written as JSON, or an error with a message. */
#include "data/csv.h"
#include "fuzz/fuzz_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    run(csv_parse, data, n_bytes);
    run(tsv_parse, data, n_bytes);
    return 0;
}
