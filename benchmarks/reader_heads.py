"""Measure whether heads over the layers of the default cross-encoder know better than its score what answers.

    pip install onnx
    .venv/bin/python benchmarks/reader_heads.py SQUAD2 --work FOLDER [--tune LAYERS] [--epochs N] [--squad1 FILE]

SQUAD2 is a folder with `articles.jsonl` (paragraphs; `title` is their subject) and `questions.jsonl` (with `answers`,
or with the paragraph asked about in `note`), made of SQuAD 2.0. Each head is trained on four fifths of the subjects and
judged on the others: the area under the ROC curve (AUC) of its score, of questions that their paragraph answers against
those that it does not. The heads are judged on the demonstration too, by the best of the five passages that fit best.
FOLDER keeps the features that frozen layers give (2 GB); --tune trains the last layers as well (--tune 2 --epochs 3
--parts 1: six minutes of one idle core). With --squad1, `train-v1.1.json` of SQuAD 1.1, they are trained on questions
about its subjects, none of which is among those of SQUAD2, and judged on all of SQUAD2 (2.5 GB more).
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

import rag
from rag.evaluation import read_questions
from rag.models import packaged

ROOT = Path(__file__).resolve().parent.parent
MAX_TOKENS, LAYERS, KEPT = 288, 12, (8, 10, 12)
FOLDS, BATCH, SEED = 5, 16, 1
SQUAD1_QUESTIONS, SQUAD1_CHARS = 7, (300, 900)  # a subject at most; of a paragraph


@dataclass(frozen=True)
class Pair:
    """A question with a passage that it may be answered by: whether it is, and the answer's characters in the text."""

    question: int
    asked: str
    text: str
    subject: str
    answered: bool
    answer: tuple[int, int] | None = None


def squad_pairs(folder: Path) -> list[Pair]:
    """Each question with its own paragraph."""
    read = [json.loads(line) for line in (folder / "articles.jsonl").open(encoding="utf-8")]
    articles = {article["id"]: article for article in read}
    pairs = []
    for number, line in enumerate((folder / "questions.jsonl").open(encoding="utf-8")):
        question = json.loads(line)
        given = question["answers"][0] if question["answers"] else None
        article = articles[given["article"] if given else question["note"]]
        text, span = f"{article['title']}. {article['text']}", None
        if given:
            start = text.index(given["short"], text.index(given["evidence"]))
            span = start, start + len(given["short"])
        pairs.append(Pair(number, question["question"], text, article["title"], bool(given), span))
    return pairs


def squad1_pairs(file: Path, taken: set[str]) -> list[Pair]:
    """Questions of SQuAD 1.1, each with its paragraph and the likest one of its subject that lacks the answer."""
    chance, pairs = random.Random(SEED), []
    for subject in json.loads(file.read_text("utf-8"))["data"]:
        assert subject["title"].replace("_", " ") not in taken, subject["title"]
        paragraphs = [p for p in subject["paragraphs"] if SQUAD1_CHARS[0] <= len(p["context"]) <= SQUAD1_CHARS[1]]
        texts = [paragraph["context"] for paragraph in paragraphs]
        if len(texts) < 2:
            continue
        weights = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        words = weights.fit_transform(texts)
        every = [(at, question) for at, paragraph in enumerate(paragraphs) for question in paragraph["qas"]]
        for at, question in chance.sample(every, min(SQUAD1_QUESTIONS, len(every))):
            asked, answer = question["question"].strip(), question["answers"][0]
            likeness = (words @ weights.transform([asked]).T).toarray()[:, 0]
            others = [i for i in np.argsort(-likeness) if answer["text"].lower() not in texts[i].lower()]
            if others:
                number, start = len(pairs), answer["answer_start"]
                span = start, start + len(answer["text"])
                pairs.append(Pair(number, asked, texts[at], subject["title"], True, span))
                pairs.append(Pair(number, asked, texts[others[0]], subject["title"], False))
    return pairs


class Collecting:
    """A reader that keeps what it is given to read."""

    name = "collecting"

    def __init__(self) -> None:
        self.given: list[tuple[str, str]] = []

    def read(self, question: str, texts: Sequence[str]) -> list[None]:
        self.given += [(question, text) for text in texts]
        return [None] * len(texts)


def demonstration_pairs() -> list[Pair]:
    """Each question over the demonstration, but for those off topic, with the five passages that fit best."""
    pairs, collecting = [], Collecting()
    with tempfile.TemporaryDirectory() as folder:
        rag.build([ROOT / "seeds"], index=folder, aliases=ROOT / "docs/aliases.toml").close()
        with rag.open(folder, reader=collecting) as library:
            titles = {article.text: article.title for article in library.articles()}
            for number, question in enumerate(read_questions(ROOT / "benchmarks/questions/demonstration.jsonl")):
                collecting.given.clear()
                library.ask(question.question, previous=question.previous, asked_on=question.asked_on)
                for asked, text in collecting.given:
                    title = next(title for whole, title in titles.items() if text in whole)
                    whole = f"{title}. {text}" if title else text
                    pairs.append(Pair(number, asked, whole, "", question.answerable))
    return pairs


def load_cross_encoder() -> BertForSequenceClassification:
    """The default cross-encoder in torch: its 8-bit weights as numbers again."""
    import onnx
    from onnx.numpy_helper import to_array

    folder = packaged.find(packaged.CROSS_ENCODER)
    graph = onnx.load(str(folder / "model.onnx")).graph
    stored = {each.name: to_array(each) for each in graph.initializer}

    def dequantised(name: str) -> Any:
        scale, zero = stored[f"{name}_scale"], stored[f"{name}_zero_point"]
        return (stored[f"{name}_quantized"].astype(np.float32) - zero.astype(np.float32)) * scale

    weights = {name: array for name, array in stored.items() if name.endswith((".weight", ".bias"))}
    for name in stored:
        if name.endswith("weight_quantized"):
            weights[name.removesuffix("_quantized")] = dequantised(name.removesuffix("_quantized"))
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1].startswith("onnx::MatMul"):
            place = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
            weights[f"{place}.weight"] = dequantised(node.input[1].removesuffix("_quantized")).T
    config = BertConfig(
        vocab_size=30522, hidden_size=384, num_hidden_layers=LAYERS, num_attention_heads=12, intermediate_size=1536,
        num_labels=1,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    tensors = {name: torch.tensor(np.ascontiguousarray(array)) for name, array in weights.items()}
    for name in ("bert.pooler.dense.weight", "classifier.weight"):
        tensors[name] = tensors[name].T
    missing, unknown = model.load_state_dict(tensors, strict=False)
    assert not unknown, unknown
    assert not [name for name in missing if "position_ids" not in name], missing
    return model.eval()


def save_features(pairs: Sequence[Pair], to: Path) -> None:
    """Save what the frozen layers give: of KEPT layers each token, of all the first token, in float16.

    The cross-encoder runs as it does in According, with its layers among its outputs.
    """
    import onnx
    import onnxruntime

    folder = packaged.find(packaged.CROSS_ENCODER)
    model = onnx.load(str(folder / "model.onnx"))
    names = [f"/bert/encoder/layer.{layer}/output/LayerNorm/Add_1_output_0" for layer in range(LAYERS)]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    tokenizer.enable_padding()
    lengths = [len(each.ids) for each in _unpadded(tokenizer, pairs)]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    tokens = {
        layer: np.lib.format.open_memmap(
            to / f"layer{layer}.npy", mode="w+", dtype=np.float16, shape=(int(starts[-1]), 384)
        )
        for layer in KEPT
    }
    first = np.zeros((len(pairs), LAYERS, 384), np.float16)
    logits = np.zeros(len(pairs), np.float32)
    rows = sorted(range(len(pairs)), key=lambda row: lengths[row])
    for at in range(0, len(rows), BATCH):
        batch = rows[at : at + BATCH]
        read = tokenizer.encode_batch([(pairs[row].asked, pairs[row].text) for row in batch])
        given = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
        logit, *hidden = session.run(
            ["logits", *names],
            {name: np.array([getattr(each, own) for each in read], np.int64) for name, own in given.items()},
        )
        for place, row in enumerate(batch):
            logits[row] = logit[place, 0]
            for layer, whole in enumerate(hidden, 1):
                own = whole[place, : lengths[row]]
                first[row, layer - 1] = own[0]
                if layer in tokens:
                    tokens[layer][starts[row] : starts[row + 1]] = own
    np.savez(to / "features.npz", starts=starts, first=first, logits=logits)


def _unpadded(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> list[Any]:
    tokenizer.no_padding()
    read = tokenizer.encode_batch([(pair.asked, pair.text) for pair in pairs])
    tokenizer.enable_padding()
    return read


@dataclass(frozen=True)
class Features:
    """Pairs with what the frozen layers give: of the tokens of each, where the passage's are, and the answer's."""

    pairs: list[Pair]
    starts: Any
    first: Any
    logits: Any
    tokens: dict[int, Any]
    passage: list[int]
    answers: list[tuple[int, int]]


def load_features(pairs: list[Pair], folder: Path) -> Features:
    """Load what `save_features` saved. An answer beyond the tokens read is one without words, (-1, -1)."""
    tokenizer = Tokenizer.from_file(str(packaged.find(packaged.CROSS_ENCODER) / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS, strategy="only_second")
    passage, answers = [], []
    for pair, read in zip(pairs, _unpadded(tokenizer, pairs), strict=True):
        passage.append(read.type_ids.index(1))
        held = [
            i
            for i, (a, b) in enumerate(read.offsets)
            if pair.answer and read.type_ids[i] and a < pair.answer[1] and pair.answer[0] < b
        ]
        answers.append((held[0], held[-1]) if held else (-1, -1) if pair.answered else (0, 0))
    saved = np.load(folder / "features.npz")
    tokens = {layer: np.load(folder / f"layer{layer}.npy", mmap_mode="r") for layer in KEPT}
    return Features(pairs, saved["starts"], *(saved[n].astype(np.float32) for n in ("first", "logits")), tokens,
                    passage, answers)  # fmt: skip


class Head(nn.Module):
    """A linear head for spans over the tokens of some layers, and one for the whole.

    Where the last layers of the cross-encoder are trained too, the last one reads for the first token alone, whose own
    head for the whole is the cross-encoder's; spans are looked for in what that layer reads.
    """

    def __init__(self, layers: tuple[int, ...], tuned: BertForSequenceClassification | None = None):
        super().__init__()
        self.layers, self.span = layers, nn.Linear(384 * len(layers), 2)
        self.tuned = nn.ModuleList(tuned.bert.encoder.layer[layers[0] :] if tuned else ())
        self.pooler = nn.Sequential(tuned.bert.pooler.dense, nn.Tanh(), nn.Dropout(0.1)) if tuned else nn.Identity()
        self.whole = tuned.classifier if tuned else nn.Linear(384 * len(layers), 1)
        self.scale = nn.Parameter(torch.tensor([0.3, 0.0] if tuned else [1.0, 0.0]), requires_grad=bool(tuned))

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        unread = (~mask)[:, None, None, :].float() * -1e4
        for layer in self.tuned[:-1]:
            hidden = _read(layer, hidden, hidden, unread)
        first = hidden[:, :1]
        if self.tuned:
            first = _read(self.tuned[-1], hidden, first, unread)
        return self.span(hidden), self.whole(self.pooler(first[:, 0]))[:, 0] * self.scale[0] + self.scale[1]


def _read(layer: Any, hidden: torch.Tensor, tokens: torch.Tensor, unread: torch.Tensor) -> torch.Tensor:
    """What a layer of BERT makes of some tokens, reading all of them; without dropout, for which there is no time."""
    own, out = layer.attention.self, layer.attention.output
    heads = [
        part(given).unflatten(-1, (12, 32)).transpose(1, 2)
        for part, given in ((own.query, tokens), (own.key, hidden), (own.value, hidden))
    ]
    found = nn.functional.scaled_dot_product_attention(*heads, attn_mask=unread).transpose(1, 2).flatten(2)
    tokens = out.LayerNorm(out.dense(found) + tokens)
    return layer.output.LayerNorm(layer.output.dense(nn.functional.gelu(layer.intermediate.dense(tokens))) + tokens)


def batch_of(features: Features, layers: tuple[int, ...], rows: Sequence[int]) -> tuple[torch.Tensor, ...]:
    """The tokens of pairs, (n, longest, 384 * layers); which are any; which can be of a span, or say that none is."""
    lengths = [int(features.starts[row + 1] - features.starts[row]) for row in rows]
    hidden = np.zeros((len(rows), max(lengths), 384 * len(layers)), np.float32)
    mask, allowed = (np.zeros(hidden.shape[:2], bool) for _ in range(2))
    for at, (row, length) in enumerate(zip(rows, lengths, strict=True)):
        own = slice(features.starts[row], features.starts[row + 1])
        hidden[at, :length] = np.concatenate([features.tokens[layer][own] for layer in layers], 1)
        mask[at, :length], allowed[at, features.passage[row] : length - 1], allowed[at, 0] = True, True, True
    return torch.from_numpy(hidden), torch.from_numpy(mask), torch.from_numpy(allowed)


def train(head: Head, features: Features, rows: Sequence[int], epochs: int) -> Head:
    """Train a head on some pairs: where the answer begins and ends, the first token if there is none; whether it is."""
    rows = [row for row in rows if features.answers[row][0] >= 0]
    chance = np.random.default_rng(SEED)
    known = [head.tuned, head.pooler, head.whole] if head.tuned else []
    fresh = [head.span] if head.tuned else [head.span, head.whole]
    groups = [
        {"params": [each for module in fresh for each in module.parameters()], "lr": 1e-3},
        {"params": [each for module in known for each in module.parameters()], "lr": 1e-4},
        {"params": [head.scale], "lr": 1e-2},
    ]
    steps = epochs * -(-len(rows) // BATCH)
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / (0.1 * steps)) * max(0.0, 1 - step / steps)
    )
    head.train()
    for _ in range(epochs):
        pools = np.array_split(chance.permutation(rows), max(1, len(rows) // (BATCH * 16)))
        for pool in pools:  # batches of like lengths out of each pool
            ordered = sorted(pool.tolist(), key=lambda row: features.starts[row + 1] - features.starts[row])
            batches = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
            for at in chance.permutation(len(batches)).tolist():
                hidden, mask, allowed = batch_of(features, head.layers, batches[at])
                span, whole = head(hidden, mask)
                span = span.masked_fill(~allowed[..., None], -1e4)
                target = torch.tensor([features.answers[row] for row in batches[at]])
                answered = torch.tensor([float(features.pairs[row].answered) for row in batches[at]])
                loss = sum(nn.functional.cross_entropy(span[..., i], target[:, i]) for i in range(2)) / 2
                loss = loss * (0.5 if head.tuned else 1) + nn.functional.binary_cross_entropy_with_logits(
                    whole, answered
                )
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(head.parameters(), 1.0)
                optimiser.step()
                schedule.step()
    return head


def scores(head: Head, features: Features, rows: Sequence[int]) -> dict[str, Any]:
    """The scores of some pairs: of the best span against no answer, and of the whole."""
    head.eval()
    ordered = sorted(rows, key=lambda row: features.starts[row + 1] - features.starts[row])
    spans, wholes = np.zeros(len(features.pairs)), np.zeros(len(features.pairs))
    for i in range(0, len(ordered), BATCH):
        batch = ordered[i : i + BATCH]
        hidden, mask, allowed = batch_of(features, head.layers, batch)
        with torch.inference_mode():
            span, whole = head(hidden, mask)
        span = span.masked_fill(~allowed[..., None], -1e4)
        for at, row in enumerate(batch):
            begins, ends = span[at, 1:, 0], span[at, 1:, 1]
            sums = (begins[:, None] + ends[None]).triu().tril(29)
            outside = torch.ones_like(sums).triu().tril(29) == 0
            spans[row] = (sums.masked_fill(outside, -1e4).max() - span[at, 0].sum()).item()
            wholes[row] = whole[at].item()
    both = [(found[rows] - found[rows].mean()) / found[rows].std() for found in (spans, wholes)]
    return {"span": spans[rows], "whole": wholes[rows], "both": sum(both)}


def folds(pairs: Sequence[Pair]) -> list[list[int]]:
    """The rows of FOLDS parts, none of which shares a subject with another."""
    subjects = sorted({pair.subject for pair in pairs}, key=lambda s: -sum(pair.subject == s for pair in pairs))
    parts = [{subjects[i], subjects[-1 - i]} for i in range(FOLDS)]
    return [[row for row, pair in enumerate(pairs) if pair.subject in part] for part in parts]


def auc(features: Features, found: Any, rows: Sequence[int]) -> float:
    """The AUC of the scores of some pairs; of several pairs with one question the best counts."""
    best: dict[int, tuple[float, bool]] = {}
    for row, score in zip(rows, found, strict=True):
        pair = features.pairs[row]
        best[pair.question] = max(float(score), best.get(pair.question, (-np.inf, False))[0]), pair.answered
    return float(roc_auc_score([answered for _, answered in best.values()], [score for score, _ in best.values()]))


def regressions(squad: Features, demonstration: Features) -> Iterator[tuple[str, float, float]]:
    """Logistic regressions on the score and the first token of a frozen layer: the mean AUC on left-out subjects, and
    that on the demonstration of one fitted on all.
    """
    answered = np.array([pair.answered for pair in squad.pairs])
    every, others = range(len(squad.pairs)), range(len(demonstration.pairs))
    for layer in KEPT:
        given, elsewhere = (np.hstack([f.first[:, layer - 1], f.logits[:, None]]) for f in (squad, demonstration))

        def fitted(rows: Sequence[int], given: Any = given) -> Any:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=100))
            return model.fit(given[rows], answered[rows])

        own = []
        for part in folds(squad.pairs):
            held = set(part)
            model = fitted([row for row in every if row not in held])
            own.append(auc(squad, model.decision_function(given[part]), part))
        found = auc(demonstration, fitted(every).decision_function(elsewhere), others)
        yield f"layer {layer}, first token and score", float(np.mean(own)), found


def heads(
    squad: Features, demonstration: Features, layers: tuple[int, ...], tuned: int, epochs: int, parts: int
) -> Iterator[tuple[str, float, float]]:
    """Heads over the tokens of frozen layers, or over the last `tuned` layers, trained too; of the first `parts`."""

    def trained(rows: Sequence[int]) -> Head:
        torch.manual_seed(SEED)
        return train(Head(layers, load_cross_encoder() if tuned else None), squad, rows, epochs)

    own, elsewhere, others = [], [], range(len(demonstration.pairs))
    for part in folds(squad.pairs)[:parts]:
        held = set(part)
        head = trained([row for row in range(len(squad.pairs)) if row not in held])
        for features, rows, to in ((squad, part, own), (demonstration, others, elsewhere)):
            to.append({name: auc(features, values, rows) for name, values in scores(head, features, rows).items()})
    for name in own[0]:
        yield f"layers {layers}, {name}", *(float(np.mean([each[name] for each in to])) for to in (own, elsewhere))


def heads_of_others(
    squad: Features, demonstration: Features, others: Features, tuned: int, epochs: int
) -> Iterator[tuple[str, float, float]]:
    """The last `tuned` layers, trained on other subjects alone."""
    torch.manual_seed(SEED)
    layers = (LAYERS - tuned,)
    head = train(Head(layers, load_cross_encoder()), others, range(len(others.pairs)), epochs)
    judged = [(features, range(len(features.pairs))) for features in (squad, demonstration)]
    found = [scores(head, features, rows) for features, rows in judged]
    for name in found[0]:
        own = (auc(features, values[name], rows) for (features, rows), values in zip(judged, found, strict=True))
        yield f"layers {layers}, {name}", *own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("squad2", type=Path, help="folder with articles.jsonl and questions.jsonl")
    parser.add_argument("--work", type=Path, required=True, help="folder for the features")
    parser.add_argument("--tune", type=int, default=0, choices=(0, 2, 4), help="train so many of the last layers too")
    parser.add_argument("--squad1", type=Path, help="train-v1.1.json, to train the last layers on")
    parser.add_argument("--epochs", type=int, default=4, help="of training (default: %(default)s)")
    parser.add_argument("--parts", type=int, default=FOLDS, help="judge by so many of the parts (default: all)")
    options = parser.parse_args()
    if options.squad1 and not options.tune:
        parser.error("--squad1 trains the last layers: say how many with --tune")
    torch.set_num_threads(1)
    loaded, asked = [], squad_pairs(options.squad2)
    makers = {"squad": lambda: asked, "demonstration": demonstration_pairs}
    if options.squad1:
        makers["squad1"] = lambda: squad1_pairs(options.squad1, {pair.subject for pair in asked})
    for name, make in makers.items():
        folder, pairs = options.work / name, make()
        if not (folder / "features.npz").exists():
            folder.mkdir(parents=True, exist_ok=True)
            save_features(pairs, folder)
        loaded.append(load_features(pairs, folder))
    squad, demonstration = loaded[:2]
    parts = [range(len(squad.pairs))] if options.squad1 else folds(squad.pairs)[: options.parts]
    own = [auc(squad, squad.logits[part], part) for part in parts]
    print(f"{'AUC of':<36}{'left-out subjects':>20}{'demonstration':>16}")
    others = range(len(demonstration.pairs))
    _show("its score", float(np.mean(own)), auc(demonstration, demonstration.logits, others))
    if options.squad1:
        _show_all(heads_of_others(squad, demonstration, loaded[2], options.tune, options.epochs))
        return
    if options.tune:
        layers = (LAYERS - options.tune,)
        _show_all(heads(squad, demonstration, layers, options.tune, options.epochs, options.parts))
        return
    _show_all(regressions(squad, demonstration))
    _show_all(heads(squad, demonstration, KEPT, 0, options.epochs, options.parts))


def _show_all(figures: Iterator[tuple[str, float, float]]) -> None:
    for name, own, elsewhere in figures:
        _show(name, own, elsewhere)


def _show(name: str, own: float, elsewhere: float) -> None:
    print(f"{name:<36}{own:>20.3f}{elsewhere:>16.3f}", flush=True)


if __name__ == "__main__":
    main()
