-- Version 3: answers that a model wrote.

CREATE TABLE generated (
    cell_id        INTEGER NOT NULL REFERENCES cell(id),
    idx            INTEGER NOT NULL,  -- document of the evaluation split
    slot           INTEGER NOT NULL,  -- repeat, from 0
    text           TEXT NOT NULL,     -- as written, reasoning included; what was not UTF-8 is U+FFFD; of an error its reason
    n_tokens       INTEGER NOT NULL,  -- generated
    n_think_tokens INTEGER NOT NULL,  -- of them reasoning, between <think> and </think>
    why            TEXT NOT NULL CHECK (why IN ('stop', 'eog', 'limit', 'error')), -- it ended
    PRIMARY KEY (cell_id, idx, slot)
) STRICT, WITHOUT ROWID;
