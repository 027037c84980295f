"""GSM8K (both filters and exact_match), all kinds of filters, and TruthfulQA's generation task against
lm-evaluation-harness's own filters, metric and process_results."""
import random
import sys
import warnings

import answers
import reference

import yaml
import lm_eval
from lm_eval.api.registry import get_filter, get_metric
from lm_eval.tasks.truthfulqa import utils

warnings.simplefilter("ignore")

N_GSM8K = 400
N_TRUTHFULQA = 130

NUMBERS = ["#### 18", "#### 1,234.50", "####18", "#### -3", "#### $40", "The answer is 42.", "x = -3, then ...", "$1,000.00", "0.5", ".5", "-.",
           "1234.0", "answer: 7", "#### 7\n#### 8", "#### ,", "#### .", "### 5", "-$5", "3/4", "50%", "\u0663", "١٢", "1e5", "$$", ",,", "..", "18 "]


def with_functions(task):
    """A task file without the things that only lm-eval's loader knows (!function)."""
    class Loader(yaml.SafeLoader):
        pass
    Loader.add_constructor("!function", lambda loader, node: None)
    with open("%s/tasks/%s" % (lm_eval.__path__[0], task), encoding="utf-8") as f:
        return yaml.load(f, Loader)


def run_filters(filter_list, responses):
    out = {}
    for entry in filter_list:
        texts = [responses]
        for step in entry["filter"]:
            kwargs = {k: v for k, v in step.items() if k != "function"}
            texts = list(get_filter(step["function"])(**kwargs).apply(texts, [{}]))
        out[entry["name"]] = texts[0] if isinstance(texts[0], list) else [texts[0]]
    return out


def gsm8k_answers(rows):
    rng = random.Random(3)
    for row in rng.sample(rows, N_GSM8K):
        kind = rng.randrange(5)
        text = row["answer"] if kind == 0 else answers.mixed(rng, NUMBERS + [row["answer"].split("#### ")[1]])
        if kind == 1:
            text += "\n#### " + row["answer"].split("#### ")[1]
        elif kind == 2:
            text = " So the answer is $%s." % row["answer"].split("#### ")[1]
        yield row, text
    for text in answers.WHOLE:
        yield rows[0], text


def check_gsm8k():
    task = with_functions("gsm8k/gsm8k.yaml")
    metric = task["metric_list"][0]
    options = {k: v for k, v in metric.items() if k not in ("metric", "aggregation", "higher_is_better")}
    score = get_metric("exact_match")
    cases = list(gsm8k_answers(reference.rows("gsm8k/test.jsonl")))
    bad = check_filters("gsm8k filters", task["filter_list"], [[text] for _, text in cases])
    lines, expected = [], []
    for row, text in cases:
        for picked in run_filters(task["filter_list"], [text]).values():
            lines.append({"op": "exact_match", "metric": metric, "prediction": picked[0], "reference": row["answer"]})
            expected.append(float(score(predictions=picked, references=[row["answer"]], **options)["exact_match"]))
    found = reference.score(lines)
    assert 0 < sum(found) < len(found)
    return bad + reference.compare("gsm8k exact_match (%d right)" % sum(found), lines, expected, found)


def check_filters(what, filter_list, cases):
    found = reference.score([{"op": "filter", "filter_list": filter_list, "responses": r} for r in cases])
    return reference.compare(what, cases, [run_filters(filter_list, r) for r in cases], found)


def check_all_filters():
    rng = random.Random(5)
    lists = [
        {"name": "vote", "filter": [{"function": "regex", "regex_pattern": "(\\w)(\\d)?"}, {"function": "majority_vote"},
                                    {"function": "take_first"}]},
        {"name": "k", "filter": [{"function": "take_first_k", "k": 2}, {"function": "remove_whitespace"},
                                 {"function": "lowercase"}]},
        {"name": "map", "filter": [{"function": "remove_whitespace"},
                                   {"function": "map", "mapping_dict": {"yes": "A", "": "empty"}, "default_value": "other"}]},
        {"name": "none", "filter": [{"function": "map", "mapping_dict": {"yes": "A"}}, {"function": "take_first"}]},
        {"name": "upper", "filter": [{"function": "uppercase"}, {"function": "take_first"}]},
        {"name": "whole", "filter": [{"function": "regex", "regex_pattern": "\\s+\\S+", "fallback": "nothing"}]},
    ]
    return check_filters("all filters", lists, [[rng.choice([answers.mixed(rng), " yes\n", "", "yes"]) for _ in range(4)]
                                                for _ in range(300)])


def check_exact_match():
    rng = random.Random(6)
    lines, expected = [], []
    for _ in range(600):
        a = answers.mixed(rng)
        b = rng.choice([a, a.lower(), a + ".", a.replace("1", ""), answers.mixed(rng)])
        metric = {"ignore_case": rng.random() < 0.5, "ignore_punctuation": rng.random() < 0.5,
                  "ignore_numbers": rng.random() < 0.5}
        if rng.random() < 0.5:
            metric["regexes_to_ignore"] = ["\\s", "(?s)a.*b"]
        lines.append({"op": "exact_match", "metric": metric, "prediction": a, "reference": b})
        expected.append(float(get_metric("exact_match")(predictions=[a], references=[b], **metric)["exact_match"]))
    return reference.compare("exact_match", lines, expected, reference.score(lines))


def truthfulqa_cases():
    rng = random.Random(4)
    for row in rng.sample(reference.rows("truthfulqa_gen/validation.jsonl"), N_TRUTHFULQA):
        doc = utils.preprocess_function(row)
        words = " ".join(doc["correct_answers"] + doc["incorrect_answers"]).split()
        kind = rng.randrange(5)
        if kind == 0:
            text = rng.choice(doc["correct_answers"] + doc["incorrect_answers"])
        elif kind == 1:
            text = answers.mixed(rng, words)
        elif kind == 2:
            text = rng.choice(answers.WHOLE)
        else:
            text = " ".join(rng.choice(words + [".", ".", "\n"]) for _ in range(rng.randint(1, 60)))
        yield {k: doc[k] for k in ("correct_answers", "incorrect_answers")}, text


def check_truthfulqa():
    cases = list(truthfulqa_cases())
    found = reference.score([{"op": "truthfulqa", "doc": d, "response": t} for d, t in cases])
    expected = [{k: float(v) for k, v in utils.process_results_gen(d, [t]).items()} for d, t in cases]
    return reference.compare("truthfulqa_gen, 12 figures each", cases, expected, found)


sys.exit(1 if check_gsm8k() + check_all_filters() + check_exact_match() + check_truthfulqa() else 0)
