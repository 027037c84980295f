/* fuzz_parquet: Parquet files of any bytes: rows that can be written as JSON, or an error with a message. */
#include "data/parquet.h"
#include "fuzz/fuzz_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    run(parquet_parse, data, n_bytes);
    return 0;
}
