-- version 4: LoRA adapters. The file of a level is the same with an adapter and without: what is measured with one is a
-- cell of its own, of the same variant.
ALTER TABLE cell ADD COLUMN adapter TEXT NOT NULL DEFAULT '';          -- its name; '' for none
ALTER TABLE cell ADD COLUMN adapter_sha256 TEXT NOT NULL DEFAULT '';   -- of its file
ALTER TABLE cell ADD COLUMN adapter_scale REAL NOT NULL DEFAULT 0;     -- 0 without one, and an adapter may have it too
