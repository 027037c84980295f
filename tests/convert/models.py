"""models.py: small models with random weights, one a family that perbit convert knows, as folders of safetensors.

  python models.py TREE SMOLLM.gguf OUT [big]   TREE: the pinned llama.cpp, whose models/ hold real vocabularies
                                                big: only SmolLM2-1.7B in its real size, 3.4 GB (bench/convert.sh)

Vocabularies are the real ones where the tree has them (Llama 3, Qwen 2, Phi-3, Llama's SentencePiece; SmolLM2's comes
from the test model), rebuilt as tokenizer.json or tokenizer.model; the others (o200k of Phi-4-mini, Tekken, Gemma) are
trained here, small, with the family's own pre-tokenizer. Needs torch, transformers, sentencepiece, protobuf, gguf.
"""
import json, os, shutil, sys
from pathlib import Path

import sentencepiece
import torch
import transformers
from safetensors.torch import save_file
from sentencepiece import sentencepiece_model_pb2 as sp_pb2
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

TREE, SMOLLM, OUT = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
sys.path.insert(0, str(TREE / "gguf-py"))
import gguf  # noqa: E402

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CASED = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+@|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
         r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*@|#| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
O200K = CASED.replace("@", "(?i:'s|'t|'re|'ve|'m|'ll|'d)?").replace("#", r"\p{N}{1,3}")
TEKKEN = CASED.replace("@", "").replace("#", r"\p{N}")
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def split(pattern):
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}, BYTE_LEVEL]}


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def special(id_, content, is_special=True, normalized=False):
    return {"id": id_, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": normalized, "special": is_special}


def template(bos, bos_id):
    return {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": bos, "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {bos: {"id": bos, "ids": [bos_id], "tokens": [bos]}}}


def tokenizer_json(vocab, merges, added, pre, post=None, normalizer=None, ignore_merges=False, old_merges=False):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer,
            "pre_tokenizer": pre, "post_processor": post or dict(BYTE_LEVEL, trim_offsets=False),
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "ignore_merges": ignore_merges, "vocab": vocab,
                      "merges": merges if old_merges else [m.split(" ") for m in merges]}}


def vocab_of(path):
    r = gguf.GGUFReader(path)
    get = lambda k: r.get_field(k).contents() if r.get_field(k) else None  # noqa: E731
    return (get("tokenizer.ggml.tokens"), get("tokenizer.ggml.token_type"), get("tokenizer.ggml.merges"),
            get("tokenizer.ggml.scores"))


def bpe_of(name):
    tokens, types, merges, _ = vocab_of(TREE / "models" / f"ggml-vocab-{name}.gguf" if isinstance(name, str) else name)
    vocab = {t: i for i, t in enumerate(tokens) if types[i] == 1}
    added = [special(i, t) for i, t in enumerate(tokens) if types[i] in (3, 4)]
    return vocab, merges, added


TEXT = None


def corpus():
    """Some megabytes of prose and code of many scripts: the tree's own documents."""
    global TEXT
    if TEXT is None:
        files = sorted(TREE.glob("docs/**/*.md")) + sorted(TREE.glob("*.md")) + sorted(TREE.glob("conversion/*.py")) \
            + sorted(TREE.glob("models/*.inp"))
        TEXT = [f.read_text(encoding="utf-8", errors="replace") for f in files]
    return TEXT


def trained(pattern, n_vocab, specials_first=False, specials=()):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=n_vocab - (0 if specials_first else len(specials)), show_progress=False,
        special_tokens=list(specials) if specials_first else [],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    j = json.loads(t.to_str())
    vocab, merges = j["model"]["vocab"], [m if isinstance(m, str) else " ".join(m) for m in j["model"]["merges"]]
    if specials_first:
        added = [special(vocab[s], s) for s in specials]
    else:
        added = [special(len(vocab) + i, s) for i, s in enumerate(specials)]
    return vocab, merges, added


def save_sp(path, pieces):
    m = sp_pb2.ModelProto()
    for text, score, type_ in pieces:
        p = m.pieces.add()
        p.piece, p.score, p.type = text, score, type_
    m.trainer_spec.model_type = 2
    m.trainer_spec.byte_fallback = True
    m.trainer_spec.vocab_size = len(pieces)
    m.normalizer_spec.name = "identity"
    m.normalizer_spec.add_dummy_prefix = True
    m.normalizer_spec.remove_extra_whitespaces = False
    m.normalizer_spec.escape_whitespaces = True
    path.write_bytes(m.SerializeToString())


def random_model(cls, config, seed=1):
    torch.manual_seed(seed)
    model = cls(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(torch.randn(p.shape) * (0.2 if p.dim() > 1 else 1.0))
    return model


def save(name, model, dtype=torch.bfloat16, shard="5GB"):
    d = OUT / name
    shutil.rmtree(d, ignore_errors=True)
    model.to(dtype).save_pretrained(d, max_shard_size=shard)
    return d


SMALL = dict(hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)


def llama32(name="Llama-3.2-1B-Instruct", dtype=torch.bfloat16):
    vocab, merges, added = bpe_of("llama-bpe")
    cfg = transformers.LlamaConfig(**SMALL, vocab_size=128256, head_dim=32, max_position_embeddings=131072, rms_norm_eps=1e-5,
                                   rope_theta=500000.0, tie_word_embeddings=True, bos_token_id=128000, eos_token_id=[128001, 128008, 128009],
                                   rope_scaling=dict(factor=32.0, high_freq_factor=4.0, low_freq_factor=1.0,
                                                     original_max_position_embeddings=8192, rope_type="llama3"))
    d = save(name, random_model(transformers.LlamaForCausalLM, cfg), dtype, "3MB")
    post = {"type": "Sequence", "processors": [dict(BYTE_LEVEL, add_prefix_space=True), template("<|begin_of_text|>", 128000)]}
    write(d / "tokenizer.json", tokenizer_json(vocab, merges, added, split(LLAMA3), post, ignore_merges=True))
    write(d / "tokenizer_config.json", {
        "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
        "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "clean_up_tokenization_spaces": True,
        "model_max_length": 131072, "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": "{{- bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}<|eot_id|>{% endfor %}"})
    write(d / "generation_config.json", {"bos_token_id": 128000, "do_sample": True, "eos_token_id": [128001, 128008, 128009],
                                         "temperature": 0.6, "top_p": 0.9, "transformers_version": "4.45.0"})
    write(d / "README.md", "---\nlanguage:\n- en\n- de\n- no\nlibrary_name: transformers\npipeline_tag: text-generation\n"
          "tags:\n- facebook\n- llama-3\nlicense: llama3.2\nbase_model: meta-llama/Llama-3.2-1B\ndatasets:\n- allenai/c4\n"
          "- https://huggingface.co/datasets/x\nextra_gated_prompt: >-\n  ### LICENSE\n\n  text: with colons\n---\n\n# Model\n")


def save_big(cfg):
    """Layer by layer, without a model in memory."""
    d = OUT / "SmolLM2-1.7B-Instruct"
    shutil.rmtree(d, ignore_errors=True)
    d.mkdir(parents=True)
    cfg.architectures = ["LlamaForCausalLM"]
    cfg.save_pretrained(d)
    e, f, n = cfg.hidden_size, cfg.intermediate_size, cfg.num_hidden_layers
    layer = {"input_layernorm": (e,), "post_attention_layernorm": (e,), "mlp.down_proj": (e, f), "mlp.gate_proj": (f, e), "mlp.up_proj": (f, e),
             "self_attn.q_proj": (e, e), "self_attn.k_proj": (e, e), "self_attn.v_proj": (e, e), "self_attn.o_proj": (e, e)}
    shapes = {"model.embed_tokens.weight": (cfg.vocab_size, e), "model.norm.weight": (e,)}
    shapes |= {f"model.layers.{i}.{k}.weight": s for i in range(n) for k, s in layer.items()}
    names, weight_map = list(shapes), {}
    for k in range(2):
        part = f"model-{k + 1:05}-of-00002.safetensors"
        half = names[k::2]
        save_file({x: (torch.randn(shapes[x]) * 0.05).to(torch.bfloat16) for x in half}, d / part, metadata={"format": "pt"})
        weight_map |= {x: part for x in half}
    write(d / "model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})
    return d


def smollm2(is_big=False):
    tokens, types, merges, _ = vocab_of(SMOLLM)
    vocab = {t: i for i, t in enumerate(tokens)}
    added = [special(i, t) for i, t in enumerate(tokens) if types[i] in (3, 4)]
    sizes = dict(hidden_size=2048, intermediate_size=8192, num_hidden_layers=24, num_attention_heads=32, num_key_value_heads=32) if is_big else SMALL
    cfg = transformers.LlamaConfig(**sizes, vocab_size=49152, max_position_embeddings=8192, rms_norm_eps=1e-5, rope_theta=130000,
                                   tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2)
    d = save_big(cfg) if is_big else save("SmolLM2-1.7B-Instruct", random_model(transformers.LlamaForCausalLM, cfg))
    pre = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True},
                                                 dict(BYTE_LEVEL, use_regex=True)]}
    j = tokenizer_json(vocab, merges, added, pre, old_merges=True)
    j["post_processor"] = None
    write(d / "tokenizer.json", j)
    write(d / "tokenizer_config.json", {
        "add_prefix_space": False, "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"], "bos_token": "<|im_start|>", "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>", "unk_token": "<|endoftext|>", "clean_up_tokenization_spaces": False,
        "tokenizer_class": "GPT2Tokenizer", "model_max_length": 8192,
        "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"})
    write(d / "README.md", "---\nlibrary_name: transformers\nlicense: apache-2.0\nlanguage:\n- en\npipeline_tag: text-generation\n"
          "tags:\n- safetensors\n- onnx\nbase_model:\n- HuggingFaceTB/SmolLM2-1.7B\n---\n")


QWEN_ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
              "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
              "<|image_pad|>", "<|video_pad|>"]
QWEN_WORDS = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
              "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]


def qwen_tokenizer(d, chat_in_file):
    vocab, merges, _ = bpe_of("qwen2")
    added = [special(151643 + i, t) for i, t in enumerate(QWEN_ADDED)]
    added += [special(151643 + len(QWEN_ADDED) + i, t, False) for i, t in enumerate(QWEN_WORDS)]
    write(d / "tokenizer.json", tokenizer_json(vocab, merges, added, split(QWEN), normalizer={"type": "NFC"}))
    config = {"add_bos_token": False, "add_prefix_space": False,
              "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
              "additional_special_tokens": QWEN_ADDED[1:], "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
              "unk_token": None, "clean_up_tokenization_spaces": False, "errors": "replace", "model_max_length": 131072,
              "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer"}
    if chat_in_file:
        write(d / "chat_template.jinja", "{%- for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{%- endfor %}")
    else:
        config["chat_template"] = "{%- for m in messages %}{{ m.content }}{%- endfor %}"
    write(d / "tokenizer_config.json", config)
    write(d / "generation_config.json", {"bos_token_id": 151643, "pad_token_id": 151643, "do_sample": True, "eos_token_id": [151645, 151643],
                                         "repetition_penalty": 1.05, "temperature": 0.7, "top_p": 0.8, "top_k": 20})


def qwen25():
    cfg = transformers.Qwen2Config(**SMALL, vocab_size=151936, max_position_embeddings=32768, rope_theta=1000000.0,
                                   tie_word_embeddings=True, bos_token_id=151643, eos_token_id=151645)
    d = save("Qwen2.5-Coder-3B-Instruct", random_model(transformers.Qwen2ForCausalLM, cfg), shard="4MB")
    qwen_tokenizer(d, False)
    write(d / "README.md", "---\nlicense: other\nlicense_name: qwen-research\nlicense_link: https://huggingface.co/Qwen/LICENSE\n"
          "language:\n- en\nbase_model:\n- Qwen/Qwen2.5-Coder-3B\npipeline_tag: text-generation\nlibrary_name: transformers\n"
          "tags:\n- code\n- codeqwen\n---\n")


def qwen3():
    cfg = transformers.Qwen3Config(**SMALL, head_dim=32, vocab_size=151936, max_position_embeddings=40960, rope_theta=1000000,
                                   tie_word_embeddings=False, bos_token_id=151643, eos_token_id=151645)
    d = save("Qwen3-1.7B", random_model(transformers.Qwen3ForCausalLM, cfg))
    qwen_tokenizer(d, True)


def r1_distill():
    vocab, merges, _ = bpe_of("qwen2")
    names = ["<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<|EOT|>", "<think>", "</think>"]
    added = [special(151643 + i, t, i in (0, 3)) for i, t in enumerate(names)]
    cfg = transformers.Qwen2Config(**SMALL, vocab_size=151936, max_position_embeddings=131072, rope_theta=10000, rms_norm_eps=1e-6,
                                   tie_word_embeddings=False, bos_token_id=151643, eos_token_id=151643, use_mrope=False)
    d = save("DeepSeek-R1-Distill-Qwen-1.5B", random_model(transformers.Qwen2ForCausalLM, cfg))
    post = template("<｜begin▁of▁sentence｜>", 151646)
    write(d / "tokenizer.json", tokenizer_json(vocab, merges, added, split(QWEN), post, old_merges=True))
    token = lambda t: {"__type": "AddedToken", "content": t, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}  # noqa: E731
    write(d / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": token(names[3]), "clean_up_tokenization_spaces": False,
        "eos_token": token(names[0]), "legacy": True, "model_max_length": 16384, "pad_token": token(names[0]),
        "sp_model_kwargs": {}, "unk_token": None, "tokenizer_class": "LlamaTokenizerFast",
        "chat_template": "{{bos_token}}{% for m in messages %}<｜User｜>{{ m['content'] }}{% endfor %}"})
    write(d / "README.md", "---\nlicense: mit\nlibrary_name: transformers\n---\n# DeepSeek-R1\n")


def phi3():
    tokens, types, _, scores = vocab_of(TREE / "models" / "ggml-vocab-phi-3.gguf")
    cfg = transformers.Phi3Config(**{**SMALL, "num_key_value_heads": 4}, vocab_size=32064, max_position_embeddings=4096,
                                  original_max_position_embeddings=4096, rope_theta=10000.0, sliding_window=2047, bos_token_id=1, eos_token_id=32000, pad_token_id=32000)
    d = save("Phi-3-mini-4k-instruct", random_model(transformers.Phi3ForCausalLM, cfg))
    save_sp(d / "tokenizer.model", [(tokens[i], scores[i], types[i]) for i in range(32000)])
    added = [special(i, tokens[i]) for i in (0, 1)] + [special(2, "</s>", False)] \
        + [special(32000 + i, t) for i, t in enumerate(["<|endoftext|>", "<|assistant|>", "<|placeholder1|>", "<|end|>", "<|user|>"])]
    write(d / "tokenizer_config.json", {
        "add_bos_token": False, "add_eos_token": False, "bos_token": "<s>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
        "unk_token": "<unk>", "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
        "legacy": False, "model_max_length": 4096, "tokenizer_class": "LlamaTokenizer",
        "chat_template": "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"})
    write(d / "added_tokens.json", {"<|assistant|>": 32001, "<|end|>": 32003, "<|endoftext|>": 32000, "<|user|>": 32004})
    hf = transformers.LlamaTokenizerFast(vocab_file=str(d / "tokenizer.model"), legacy=False)
    hf._tokenizer.save(str(d / "tokenizer.json"))


def phi4():
    vocab, merges, added = trained(O200K, 6000, specials=["<|endoftext|>", "<|endofprompt|>", "<|assistant|>", "<|end|>", "<|user|>", "<|system|>"])
    half = 6  # int(0.75 * 64) // 4 / 2
    cfg = transformers.Phi3Config(**SMALL, vocab_size=6016, max_position_embeddings=131072, original_max_position_embeddings=4096,
                                  rope_theta=10000.0, partial_rotary_factor=0.75, sliding_window=262144, tie_word_embeddings=True,
                                  bos_token_id=5994, eos_token_id=5994, pad_token_id=5994,
                                  rope_scaling=dict(type="longrope", long_factor=[1 + 0.37 * i for i in range(half)], short_factor=[1.0] * half))
    d = save("Phi-4-mini-instruct", random_model(transformers.Phi3ForCausalLM, cfg))
    write(d / "tokenizer.json", tokenizer_json(vocab, merges, added, split(O200K)))
    write(d / "tokenizer_config.json", {
        "add_bos_token": False, "add_eos_token": False, "add_prefix_space": False, "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>",
        "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
        "tokenizer_class": "GPT2Tokenizer", "clean_up_tokenization_spaces": False,
        "chat_template": "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"})
    write(d / "generation_config.json", {"_from_model_config": True, "bos_token_id": 5994, "eos_token_id": [5997, 5994]})


def gemma_tokenizer(d):
    text = d / "text.txt"
    text.write_text("\n".join(corpus()), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.Train(
        input=str(text), model_prefix=str(d / "tokenizer"), vocab_size=3000, model_type="bpe", byte_fallback=True, num_threads=2,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>", split_digits=True,
        user_defined_symbols=["<mask>", "[multimodal]", "<unused0>", "<unused1>", "<start_of_turn>", "<end_of_turn>", "\t", "\u2581\u2581", "\u2581\u2581\u2581"],
        add_dummy_prefix=False, remove_extra_whitespaces=False, normalization_rule_name="identity", minloglevel=2,
        max_sentence_length=100000)
    os.remove(text)
    os.remove(d / "tokenizer.vocab")
    sp = sentencepiece.SentencePieceProcessor(str(d / "tokenizer.model"))
    user = [special(i, sp.IdToPiece(i), i < 4 or "turn" in sp.IdToPiece(i)) for i in range(0, 13)] + [special(3000, "<image_soft_token>")]
    write(d / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in user},
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>", "clean_up_tokenization_spaces": False,
        "spaces_between_special_tokens": False, "tokenizer_class": "GemmaTokenizer", "use_default_system_prompt": False,
        "chat_template": "{{ bos_token }}{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"})
    write(d / "added_tokens.json", {"<image_soft_token>": 3000})
    write(d / "generation_config.json", {"cache_implementation": "hybrid", "do_sample": True, "eos_token_id": [1, 106], "top_k": 64, "top_p": 0.95})


GEMMA = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=7, num_attention_heads=4, num_key_value_heads=1, head_dim=32)


def gemma1b():
    cfg = transformers.Gemma3TextConfig(**GEMMA, vocab_size=3008, max_position_embeddings=32768, sliding_window=512, rope_theta=1000000,
                                        rope_local_base_freq=10000, bos_token_id=2, eos_token_id=[1, 106], pad_token_id=0)
    d = save("gemma-3-1b-it", random_model(transformers.Gemma3ForCausalLM, cfg))
    gemma_tokenizer(d)
    write(d / "README.md", "---\nlicense: gemma\nlibrary_name: transformers\npipeline_tag: text-generation\n"
          "extra_gated_heading: Access\nbase_model: google/gemma-3-1b-pt\n---\n")


def gemma4b():
    text = dict(GEMMA, vocab_size=3008, sliding_window=1024, rope_scaling={"factor": 8.0, "rope_type": "linear"})
    vision = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
    cfg = transformers.Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    d = save("gemma-3-4b-it", random_model(transformers.Gemma3ForConditionalGeneration, cfg), shard="100KB")
    gemma_tokenizer(d)


def tekken_tokenizer(d):
    names = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "<pad>"]
    vocab, merges, added = trained(TEKKEN, 4000, True, names)
    post = template("<s>", 1)
    write(d / "tokenizer.json", tokenizer_json(vocab, merges, added, split(TEKKEN), post, ignore_merges=True))
    write(d / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>",
        "added_tokens_decoder": {str(a["id"]): {k: v for k, v in a.items() if k != "id"} for a in added},
        "clean_up_tokenization_spaces": False, "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 262144})
    write(d / "chat_template.jinja", "{{- bos_token }}{% for m in messages %}[INST]{{ m.content }}[/INST]{% endfor %}")


def ministral():
    """transformers of the pinned converter has no such class: config.json and names as they are published."""
    cfg = transformers.MistralConfig(**SMALL, head_dim=32, vocab_size=4000, tie_word_embeddings=True)
    base = random_model(transformers.MistralForCausalLM, cfg).to(torch.bfloat16)
    d = OUT / "Ministral-3-3B-Instruct-2512"
    shutil.rmtree(d, ignore_errors=True)
    d.mkdir(parents=True)
    tensors = {("language_model." + k): v.contiguous() for k, v in base.state_dict().items() if k != "lm_head.weight"}
    tensors["vision_tower.patch_conv.weight"] = torch.randn(8, 3, 2, 2).to(torch.bfloat16)
    tensors["multi_modal_projector.linear_1.weight"] = torch.randn(8, 8).to(torch.bfloat16)
    save_file(tensors, d / "model.safetensors", metadata={"format": "pt"})
    rope = {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 16.0, "llama_4_scaling_beta": 0.1, "mscale": 1.0, "mscale_all_dim": 1.0,
            "original_max_position_embeddings": 16384, "rope_theta": 1000000.0, "rope_type": "yarn", "type": "yarn"}
    text = dict(SMALL, head_dim=32, vocab_size=4000, hidden_act="silu", max_position_embeddings=262144, model_type="ministral3",
                rms_norm_eps=1e-05, rope_parameters=rope, sliding_window=None, tie_word_embeddings=True, use_cache=True, attention_dropout=0.0)
    write(d / "config.json", {"architectures": ["Mistral3ForConditionalGeneration"], "dtype": "bfloat16", "image_token_index": 10,
                              "model_type": "mistral3", "multimodal_projector_bias": False, "spatial_merge_size": 2, "text_config": text,
                              "vision_config": {"model_type": "pixtral"}, "vision_feature_layer": -1})
    tekken_tokenizer(d)


def mistral7b():
    tokens, types, _, scores = vocab_of(TREE / "models" / "ggml-vocab-llama-spm.gguf")
    cfg = transformers.MistralConfig(**SMALL, head_dim=16, vocab_size=32000, rope_theta=1000000.0, sliding_window=None, rms_norm_eps=1e-5)
    d = save("Mistral-7B-Instruct-v0.2", random_model(transformers.MistralForCausalLM, cfg), torch.float16)
    save_sp(d / "tokenizer.model", [(tokens[i], scores[i], types[i]) for i in range(32000)])
    write(d / "tokenizer_config.json", {
        "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "legacy": True,
        "added_tokens_decoder": {str(i): {k: v for k, v in special(i, t).items() if k != "id"} for i, t in enumerate(["<unk>", "<s>", "</s>"])},
        "tokenizer_class": "LlamaTokenizer",
        "chat_template": [{"name": "default", "template": "{{ bos_token }}d"}, {"name": "tool-use", "template": "{{ bos_token }}t"}]})


def main():
    if sys.argv[4:] == ["big"]:
        smollm2(is_big=True)
        return
    llama32()
    llama32("Llama-3.2-3B-f16", torch.float16)
    llama32("Llama-3.2-3B-f32", torch.float32)
    for make in (smollm2, qwen25, qwen3, r1_distill, phi3, phi4, gemma1b, gemma4b, ministral, mistral7b):
        make()
        print("made", make.__name__, flush=True)


if __name__ == "__main__":
    main()
