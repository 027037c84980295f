"""make_parquet_seeds.py DIR: the committed seeds of fuzz_parquet, which unit/test_parquet.c reads too.

  $(tools/deps.sh --venv) tests/fuzz/make_parquet_seeds.py tests/fuzz/seeds/parquet
"""
import datetime
import decimal
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def write(name, table, **how):
    pq.write_table(table, f"{sys.argv[1]}/{name}.parquet", store_schema=False, write_statistics=False, **how)


choices = pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])
write("arc", pa.Table.from_pylist([
    {"id": "M_1", "choices": {"text": ["hot", "cold"], "label": ["A", "B"]}, "answerKey": "A"},
    {"id": "M_2", "choices": {"text": [], "label": None}, "answerKey": None},
    {"id": "M_3", "choices": None, "answerKey": "naïve 東京"},
    {"id": "", "choices": {"text": [None, ""], "label": ["1", "2"]}, "answerKey": "B"},
], schema=pa.schema([("id", pa.string()), ("choices", choices), ("answerKey", pa.string())])),
    compression="snappy", row_group_size=3)

write("types", pa.table({
    "yes": pa.array([True, None, False]),
    "small": pa.array([-128, 127, None], pa.int8()),
    "u16": pa.array([65535, 0, 1], pa.uint16()),
    "big": pa.array([2**63 - 1, -2**63, 0], pa.int64()),
    "u64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "half": pa.array([1.5, None, -0.25], pa.float16()),
    "float": pa.array([0.5, float("inf"), None], pa.float32()),
    "double": pa.array([0.1, 5e-324, -0.0]),
    "nothing": pa.array([None, None, None], pa.null()),
    "bytes": pa.array([b"text", b"", None], pa.binary()),
    "day": pa.array([datetime.date(1969, 12, 31), datetime.date(999, 2, 3), None]),
    "when": pa.array([datetime.datetime(1969, 12, 31, 23, 59, 59, 7000), datetime.datetime(2024, 2, 29), None],
                     pa.timestamp("ms")),
    "deep": pa.array([[[1], []], None, [None, [2, 3]]], pa.list_(pa.list_(pa.int32()))),
    "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
}), compression="zstd", data_page_version="2.0", use_dictionary=False)

write("mmlu", pa.table({
    "question": [f"question {i % 3}" for i in range(20)],
    "subject": ["anatomy"] * 12 + ["virology"] * 8,
    "choices": [["a", "b", "c", "d"]] * 20,
    "answer": [i % 4 for i in range(20)],
}), compression="none", row_group_size=7)

write("decimal", pa.table({"price": pa.array([decimal.Decimal("1.25")], pa.decimal128(5, 2))}), compression="none")
write("image", pa.table({"ok": ["x"] * 2, "image": pa.array([b"fine", b"\xff\xd8"], pa.binary())}), compression="gzip")
