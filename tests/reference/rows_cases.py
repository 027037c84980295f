"""rows_cases.py DIR: files as others write them, each with the rows that pyarrow or pandas read from it.

NAME.parquet (or .csv, .tsv, .jsonl ...) and NAME.EXT.expect.jsonl side by side.
"""
import datetime
import gzip
import io
import itertools
import json
import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(sys.argv[1])
RNG = random.Random(1)
WORDS = ["Paris", "42", "naïve", "東京", "a\u2028b", "", "with \"quotes\"", "line\nbreak", "🙂 end", "x" * 300]


def plain(v):
    """A value as JSON has it; a map's pairs as objects."""
    if isinstance(v, bytes):
        return v.decode()
    if isinstance(v, (datetime.date, datetime.datetime, pd.Timestamp)):
        return str(v)
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, list):
        return [{"key": plain(x[0]), "value": plain(x[1])} if isinstance(x, tuple) else plain(x) for x in v]
    return v


def expect(name, rows):
    with open(OUT / f"{name}.expect.jsonl", "w", encoding="utf-8", newline="\n") as f:
        for row in rows:
            f.write(json.dumps(plain(row), ensure_ascii=False) + "\n")


def text():
    return " ".join(RNG.choice(WORDS) for _ in range(RNG.randint(0, 6)))


def some(make, nulls):
    return None if nulls and RNG.random() < 0.2 else make()


def texts(nulls, low=0, high=5):
    return [some(text, nulls) for _ in range(RNG.randint(low, high))]


# ---- tables in the shape of the hub's

def mmlu(n, nulls):
    t = pa.schema([("question", pa.string()), ("subject", pa.string()), ("choices", pa.list_(pa.string())),
                   ("answer", pa.int64())])
    return pa.Table.from_pylist([{"question": some(text, nulls), "subject": RNG.choice(["anatomy", "virology"]),
                                  "choices": some(lambda: texts(nulls), nulls), "answer": some(lambda: RNG.randint(0, 3), nulls)}
                                 for _ in range(n)], schema=t)


def arc(n, nulls):
    choices = pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])
    t = pa.schema([("id", pa.large_string()), ("question", pa.string()), ("choices", choices), ("answerKey", pa.string())])
    return pa.Table.from_pylist([{"id": f"M_{i}", "question": some(text, nulls), "choices": some(lambda: {
        "text": some(lambda: texts(nulls), nulls), "label": some(lambda: list("ABCDE")[:RNG.randint(0, 5)], nulls)}, nulls),
        "answerKey": RNG.choice("ABCD1")} for i in range(n)], schema=t)


def truthfulqa(n, nulls):
    targets = pa.struct([("choices", pa.list_(pa.string())), ("labels", pa.list_(pa.int32()))])
    t = pa.schema([("question", pa.string()), ("mc1_targets", targets), ("mc2_targets", targets)])
    target = lambda: {"choices": texts(nulls), "labels": [some(lambda: RNG.randint(0, 1), nulls) for _ in range(RNG.randint(0, 4))]}
    return pa.Table.from_pylist([{"question": text(), "mc1_targets": some(target, nulls), "mc2_targets": target()}
                                 for _ in range(n)], schema=t)


def hellaswag(n, nulls):
    return pa.Table.from_pylist([{"ind": i, "ctx": text(), "endings": texts(nulls, 4, 4), "split_type": "indomain",
                                  "label": str(RNG.randint(0, 3))} for i in range(n)],
                                schema=pa.schema([("ind", pa.int32()), ("ctx", pa.string()), ("endings", pa.list_(pa.string())),
                                                  ("split_type", pa.string()), ("label", pa.string())]))


def types(n, nulls):
    cols = {
        "bool": (pa.bool_(), lambda: RNG.random() < 0.5), "i8": (pa.int8(), lambda: RNG.randint(-128, 127)),
        "u8": (pa.uint8(), lambda: RNG.randint(0, 255)), "i16": (pa.int16(), lambda: RNG.randint(-2**15, 2**15 - 1)),
        "u16": (pa.uint16(), lambda: RNG.randint(0, 2**16 - 1)), "i32": (pa.int32(), lambda: RNG.randint(-2**31, 2**31 - 1)),
        "u32": (pa.uint32(), lambda: RNG.randint(0, 2**32 - 1)), "i64": (pa.int64(), lambda: RNG.randint(-2**63, 2**63 - 1)),
        "u64": (pa.uint64(), lambda: RNG.randint(0, 2**64 - 1)), "f16": (pa.float16(), lambda: np.float16(RNG.choice([RNG.uniform(-9, 9), 6e-8, -3e-6, float("inf")]))),
        "f32": (pa.float32(), lambda: RNG.uniform(-1e9, 1e9)),
        "f64": (pa.float64(), lambda: RNG.choice([0.1, -1e300, 5e-324, 1 / 3, -0.0])),
        "large": (pa.large_string(), text), "binary": (pa.binary(), lambda: text().encode()),
        "fixed": (pa.binary(4), lambda: b"abcd"), "null": (pa.null(), lambda: None),
        "date": (pa.date32(), lambda: datetime.date(RNG.randint(1, 9999), 3, 1)),
        "ms": (pa.timestamp("ms"), lambda: datetime.datetime(RNG.randint(1900, 2200), 1, 2, 3, 4, 5, RNG.choice([0, 7000]))),
        "us": (pa.timestamp("us", "UTC"), lambda: datetime.datetime(1969, 12, 31, 23, 59, 59, 5)),
        "lists": (pa.list_(pa.list_(pa.int64())), lambda: [some(lambda: [1] * RNG.randint(0, 3), nulls) for _ in range(3)]),
        "structs": (pa.list_(pa.struct([("a", pa.int64()), ("b", pa.list_(pa.bool_()))])),
                    lambda: [some(lambda: {"a": some(lambda: 1, nulls), "b": [True, False][:RNG.randint(0, 2)]}, nulls)
                             for _ in range(RNG.randint(0, 3))]),
        "map": (pa.map_(pa.string(), pa.int64()), lambda: [(f"k{i}", i) for i in range(RNG.randint(0, 3))]),
        "dict": (pa.dictionary(pa.int32(), pa.string()), lambda: RNG.choice(["red", "green"])),
    }
    arrays = [pa.array([some(make, nulls) for _ in range(n)], type=t) for t, make in cols.values()]
    return pa.table(dict(zip(cols, arrays)))


def parquet():
    shapes = [mmlu, arc, truthfulqa, hellaswag, types]
    n = 0
    for codec, dictionary, page, groups, nulls in itertools.product(
            ["none", "snappy", "gzip", "zstd", "lz4", "brotli"], [True, False], ["1.0", "2.0"], [1, 3], [True, False]):
        shape = shapes[n % len(shapes)]
        rows = 40 + n
        table = shape(rows, nulls)
        name = f"{n:03d}_{shape.__name__}_{codec}_{'dict' if dictionary else 'plain'}_v{page[0]}_{groups}_{nulls}.parquet"
        pq.write_table(table, OUT / name, compression=codec, use_dictionary=dictionary, data_page_version=page,
                       row_group_size=-(-rows // groups), write_page_checksum=n % 3 == 0, data_page_size=[200, 1 << 20][n % 2])
        expect(name, table.to_pylist())
        n += 1
    for shape in shapes:  # other ways to write
        for label, how in {"legacy_lists": dict(use_compliant_nested_type=False), "v1": dict(version="1.0"),
                           "no_arrow": dict(store_schema=False), "delta": dict(use_dictionary=False, column_encoding={}),
                           "empty": {}}.items():
            table = shape(0 if label == "empty" else 30, True)
            if label == "delta":
                how = dict(use_dictionary=False, column_encoding={
                    f.name: "DELTA_BYTE_ARRAY" for f in table.schema if pa.types.is_string(f.type)})
            name = f"{shape.__name__}_{label}.parquet"
            pq.write_table(table, OUT / name, **how)
            expect(name, (pq.read_table(OUT / name) if label == "v1" else table).to_pylist())


# ---- csv

TOKENS = ["", "NA", "null", "nan", "NaN", "None", "n/a", "1", "-7", "+3", "007", " 5", "5 ", "9223372036854775807",
          "9223372036854775808", "-9223372036854775809", "1.5", ".5", "5.", "1e5", "1E-3", "inf", "-Infinity", "1e400", "0x10", "1_0",
          "True", "FALSE", "true", "tRUE", "yes", "text", "-", ".", "1e", "nan ", "-0", "-0.0", "1,5", 'say "hi"', "two\nlines",
          "two\r\nlines", "東京", " NA", "٣", "0.1", "3.141592653589793", "123456789012345678"]
KINDS = [["1", "-7", "007", " 5", "9223372036854775807"], ["1", "", "-7", "NA"], ["1.5", ".5", "1e5", "inf", "1"],
         ["True", "FALSE", "tRUE"], ["True", "", "false"], ["9223372036854775808", "1"], ["9223372036854775808", "-1"],
         ["9223372036854775808", ""], ["1.5", "", "-0.0", "nan"], ["", "NA", "null"], ["1.5", "9223372036854775808"], TOKENS]


def quoted(s, sep):
    needs = any(c in s for c in '"\r\n' + sep) or RNG.random() < 0.2
    return '"' + s.replace('"', '""') + '"' if needs else s


def pandas_rows(data, sep):
    frame = pd.read_csv(io.BytesIO(data), sep=sep)
    return pa.Table.from_pandas(frame, preserve_index=False).to_pylist()


def csv_case(name, data, sep):
    try:
        rows = pandas_rows(data, sep)
    except (OverflowError, pa.ArrowException):
        return False  # whole numbers over 2^64: pandas or arrow give up
    if any(v == "" for row in rows for v in row.values()):
        return False  # whole numbers over 2^63 beside nulls: pandas forgets the nulls
    (OUT / name).write_bytes(data)
    expect(name, rows)
    return True


def csv():
    n = 0
    while n < 150:
        sep = RNG.choice([",", "\t"])
        end = RNG.choice(["\n", "\r\n"])
        columns = [RNG.choice(KINDS) for _ in range(RNG.randint(1, 6))]
        names = [RNG.choice(["a", "b", "a.1", "question", "", "with, comma"]) for _ in columns]
        if names == [""]:
            continue
        lines = [names] + [[RNG.choice(k) for k in columns] for _ in range(RNG.randint(0, 12))]
        body = end.join(sep.join(quoted(f, sep) for f in line) for line in lines) + RNG.choice([end, "", end + end])
        data = RNG.choice([b"", b"\xef\xbb\xbf"]) + body.encode()
        if sep.join(lines[0]).strip() and csv_case(f"{n:03d}.{'csv' if sep == ',' else 'tsv'}", data, sep):
            n += 1
    hand = ["a,b\n1\n2,3\n", "a,b\n\n  \n1,2\n", 'a\n""\n\n1\n', "a,b\r1,2\r", 'a,b\n"x"y,2\n', 'a,b\nx"y""z,2\n', 'a,b\n"x\n,y",2',
            'a,b\n "x",2\n', "\n\na,b\n1,2\n", "a,b\n1,2\r\n\r\n3,4", "a\tb,c\n\t,2\n", "a,b\n", "a, b\n1, 2\n", 'a,b\n"x\r\ny",2\n',
            "a,a,a.1,a\n1,2,3,4\n", ",b,\n1,2,3\n"]
    for i, body in enumerate(hand):
        csv_case(f"hand{i:02d}.csv", body.encode(), ",")
    words = "".join(f"{i},{i * 0.37!r},{RNG.random()!r},{i % 2 == 0},word {i}\n" for i in range(3000))
    body = ("i,x,r,even,w\n" + words).encode()
    csv_case("long.csv", body, ",")
    (OUT / "packed.csv.gz").write_bytes(gzip.compress(body[:20000]) + gzip.compress(body[20000:]))
    expect("packed.csv.gz", pandas_rows(body, ","))


# ---- json

def jsonl():
    rows = [{"i": i, "big": 2**63 + i, "neg": -i, "x": RNG.random(), "s": text(), "l": texts(True), "o": {"a": {}, "b": [[]]},
             "t": True, "n": None} for i in range(200)]
    lines = [json.dumps(r, ensure_ascii=i % 2 == 0) for i, r in enumerate(rows)]
    (OUT / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    (OUT / "b.jsonl").write_text("\ufeff\r\n" + "\r\n\r\n".join(lines), encoding="utf-8", newline="")
    (OUT / "c.json").write_text("\n".join(lines), encoding="utf-8", newline="")
    (OUT / "d.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (OUT / "e.json").write_text(json.dumps({"version": 1, "data": rows}), encoding="utf-8")
    (OUT / "f.json").write_text(json.dumps(rows[0]), encoding="utf-8")
    for name in ["a.jsonl", "b.jsonl", "c.json", "d.json", "e.json", "f.json"]:
        expect(name, rows[:1] if name == "f.json" else rows)


OUT.mkdir(parents=True, exist_ok=True)
parquet()
csv()
jsonl()
