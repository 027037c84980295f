#!/usr/bin/env bash
# What is asked through the chat templates of the study's models, in zero- and few-shot form, against lm-evaluation-harness's
# own prompts. Templates: those that the engine's source tree carries, nearest to each model, and the small model's own.
. "$(dirname "$0")/lib.sh"
eval "$("$PERBIT_SRC/tools/deps.sh" --print)"
templates=$PERBIT_ENGINE/share/templates
tasks=gsm8k,arc_challenge,arc_easy,winogrande,triviaqa,nq_open,squad_completion
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

own_template() { "$PERBIT_PYTHON" - "$1" <<'END'
import struct, sys
head = open(sys.argv[1], "rb").read(16 << 20)
key = b"tokenizer.chat_template" + struct.pack("<I", 8) # a text follows
at = head.index(key) + len(key)
n, = struct.unpack_from("<Q", head, at)
sys.stdout.write(head[at + 8:at + 8 + n].decode())
END
}

# asked TEMPLATE BOS EOS: zero-shot, five examples as turns, five in one message, with a system instruction
asked() {
    local out rc=0 shape
    for shape in "--num_fewshot 0" "--num_fewshot 5" "--num_fewshot 5 --single_turn" "--num_fewshot 2 --system_instruction Answer_briefly."; do
        # shellcheck disable=SC2086
        out=$("$PERBIT_PYTHON" "$here/agree.py" --requests "$PERBIT_BUILD/tests/requests" --only "$tasks" --all_kinds \
            --chat_template "$1" --bos "$2" --eos "$3" $shape 2>&1) || rc=1
        echo "$out" | sed "s/^/    $shape: /" | tail -3
        case $out in *" 0 tasks equal"*|"") rc=1 ;; esac
    done
    return $rc
}

own_template "$PERBIT_MODEL" >"$work/own.jinja"
check smollm2_own asked "$work/own.jinja" "<|im_start|>" "<|im_end|>"
while read -r name file bos eos; do
    check "$name" asked "$templates/$file" "$bos" "$eos"
done <<'END'
qwen3 Qwen-Qwen3-0.6B.jinja <|endoftext|> <|im_end|>
qwen2.5 Qwen-Qwen2.5-7B-Instruct.jinja <|endoftext|> <|im_end|>
llama3.2 meta-llama-Llama-3.2-3B-Instruct.jinja <|begin_of_text|> <|eot_id|>
phi microsoft-Phi-3.5-mini-instruct.jinja <s> <|end|>
gemma google-gemma-2-2b-it.jinja <bos> <eos>
deepseek_distill deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜>
ministral mistralai-Ministral-3-14B-Reasoning-2512.jinja <s> </s>
END
exit $status
