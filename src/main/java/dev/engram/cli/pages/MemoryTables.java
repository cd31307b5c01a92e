package dev.engram.cli.pages;

import dev.engram.cli.pages.Rows.Row;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Tables of what the other memories remember and of all places beside one another, from results/. */
final class MemoryTables {
    private static final String RULE = "ebbinghaus-budget";

    private final Path results;
    private final LearningTables learning;

    MemoryTables(Path results, LearningTables learning) {
        this.results = results;
        this.learning = learning;
    }

    /** Loss of every rival minus loss of the forgetting curve, at equal budgets, over all windows. */
    String policies() {
        Rows rows = Rows.of(results.resolve("bench-policies/full/rows.csv"));
        MarkdownTable table = new MarkdownTable("rival", "half kept", "a quarter kept");
        rows.all("window", "0", "budget", "0.5").stream()
                .map(row -> row.text("policy"))
                .distinct()
                .filter(policy -> !policy.equals(RULE))
                .forEach(rival ->
                        table.row("`" + rival + "`", against(rows, rival, "0.5"), against(rows, rival, "0.25")));
        return table.toString();
    }

    /** Loss of every rule against the full cache at every budget, best at a quarter first; rules that delete nothing have one number. */
    String everyRule() {
        Rows rows = Rows.of(results.resolve("bench-policies-all/full/rows.csv"));
        List<Double> budgets = List.of(0.75, 0.5, 0.25, 0.125, 1.0);
        MarkdownTable table = new MarkdownTable("rule", "75 % kept", "50 %", "25 %", "12.5 %", "all kept, but fading");
        double full = mean(rows.all("policy", "full"), "nll");
        rows.all().stream()
                .map(row -> row.text("policy"))
                .distinct()
                .filter(policy -> !policy.equals("full"))
                .sorted(Comparator.comparingDouble(policy -> mean(rows.all("policy", policy), "nll", 0.25)))
                .forEach(policy -> table.row(Stream.concat(
                                Stream.of("`" + policy + "`"),
                                budgets.stream()
                                        .map(budget -> mean(rows.all("policy", policy), "nll", budget) - full)
                                        .map(loss -> Double.isNaN(loss) ? "" : Rows.fixed(loss, 3)))
                        .toArray(String[]::new)));
        return table.toString();
    }

    private static double mean(List<Row> rows, String column, double budget) {
        List<Row> own =
                rows.stream().filter(row -> row.number("budget") == budget).toList();
        return own.isEmpty() ? Double.NaN : mean(own, column);
    }

    /** Needles by policy, best first: what the code costs, what is left of the needle, how often the answer is exact. */
    String needles() {
        Rows rows = Rows.of(results.resolve("bench-policies/full/needles.csv"));
        MarkdownTable table = new MarkdownTable("policy", "−ln p of the code, nats", "slots left", "exact", "n");
        rows.all().stream().collect(Collectors.groupingBy(row -> row.text("policy"))).entrySet().stream()
                .sorted(Comparator.comparingDouble(policy -> mean(policy.getValue(), "nll")))
                .forEach(policy -> table.row(
                        "`" + policy.getKey() + "`",
                        Rows.fixed(mean(policy.getValue(), "nll"), 2),
                        Rows.fixed(mean(policy.getValue(), "survived"), 2),
                        Rows.fixed(exact(policy.getValue()), 2),
                        String.valueOf(policy.getValue().size())));
        return table.toString();
    }

    private static double mean(List<Row> rows, String column) {
        return rows.stream().mapToDouble(row -> row.number(column)).average().orElseThrow();
    }

    private static double exact(List<Row> rows) {
        return (double) rows.stream()
                        .filter(row -> row.text("exact").equals("true"))
                        .count()
                / rows.size();
    }

    private static String against(Rows rows, String rival, String budget) {
        double[] theirs = loss(rows, rival, budget), ours = loss(rows, RULE, budget);
        if (theirs.length == 0 || theirs.length != ours.length) {
            return "–";
        }
        Interval difference = Bootstrap.seeded(1).difference(theirs, ours);
        return shown(difference, 4);
    }

    private static String shown(Interval interval, int places) {
        return Rows.fixed(interval.mean(), places) + " [" + Rows.fixed(interval.low(), places) + ", "
                + Rows.fixed(interval.high(), places) + "]";
    }

    /** Nats per token of each window; all its rows hold equally many tokens. */
    private static double[] loss(Rows rows, String policy, String budget) {
        return Bootstrap.byUnit(
                rows.all("policy", policy, "budget", budget, "variant", "equal"),
                row -> row.text("window"),
                row -> row.number("nll"));
    }

    /** One line for each place of a memory: what was asked of it and what came out. */
    String places(Language in) {
        MarkdownTable table = new MarkdownTable(
                in.pick("place", "位置"), in.pick("memory", "记忆"), in.pick("measured", "测得"), in.pick("price", "代价"));
        prompt(table, in);
        attention(table, in);
        embedding(table, in);
        cache(table, in);
        weights(table, in);
        stream(table, in);
        return table.toString();
    }

    private void prompt(MarkdownTable table, Language in) {
        Row found = Rows.of(results.resolve("bench-retrieve/quick/halcyon.csv")).one("of", "the passage", "k", "1");
        table.row(
                in.pick("prompt", "提示词"),
                in.pick("retrieved text (RAG)", "检索到的文本（RAG）"),
                in.pick("right passage first in ", "正确段落排第一的比例 ") + found.interval("recall", "low", "high", 2),
                in.pick("its tokens are read at every question", "每个问题都要重读这些词元"));
    }

    private void attention(MarkdownTable table, Language in) {
        Rows read = Rows.of(results.resolve("bench-reading-trained-last-half/full/summary.csv"));
        Row all = read.one("kind", "single", "arm", "last_half, all tokens"),
                eight = read.one("kind", "single", "arm", "last_half, 8 tokens"),
                text = read.one("kind", "single", "arm", "text"),
                speed =
                        Rows.of(results.resolve("bench-explicit/quick/summary.csv"))
                                .one("ratio", "speed with memories / with nothing");
        table.row(
                in.pick("attention", "注意力"),
                in.pick("explicit memory", "显式记忆"),
                in.pick("exact answers: all tokens kept ", "完全正确：保留全部词元 ")
                        + all.fixed("exact", 2)
                        + in.pick(", 8 a head ", "，每头 8 个 ")
                        + eight.fixed("exact", 2)
                        + in.pick(", text ", "，原文 ")
                        + text.fixed("exact", 2),
                in.pick("decodes at ", "解码速度为原来的 ")
                        + speed.fixed("value", 2)
                        + in.pick(" of the speed; an adapter is trained once", "；需训练一次适配器"));
    }

    private void embedding(MarkdownTable table, Language in) {
        table.row(
                in.pick("input embedding", "输入嵌入"),
                in.pick("recall token", "回忆标记"),
                in.pick("question to value, by seed ", "从问题到答案，各种子 ")
                        + learning.bySeed(run -> LearningTables.value(run.one("measure", "end to end: value"))),
                in.pick("trained on every memory; perplexity ", "每条记忆都要训练；困惑度 ")
                        + learning.bySeed(LearningTables::rise));
    }

    private void cache(MarkdownTable table, Language in) {
        Rows rows = Rows.of(results.resolve("bench-policies/full/rows.csv"));
        double[] all =
                Bootstrap.byUnit(rows.all("policy", "full"), row -> row.text("window"), row -> row.number("nll"));
        Interval loss = Bootstrap.seeded(1).difference(loss(rows, RULE, "0.25"), all);
        Row speed = Rows.of(results.resolve("bench-cache/full/summary.csv"))
                .one("context", "8192", "format", "auto", "mode", "quarter");
        table.row(
                in.pick("KV cache", "KV 缓存"),
                in.pick("a quarter kept by the forgetting curve", "按遗忘曲线保留四分之一"),
                speed.fixed("of_baseline", 1) + in.pick(" times as fast at 8,192 tokens", " 倍速（8192 个词元时）"),
                in.pick("loss rises by ", "损失增加 ") + shown(loss, 3) + in.pick(" nats a token", " 奈特/词元"));
    }

    private void weights(MarkdownTable table, Language in) {
        Rows rows = Rows.of(results.resolve("10-tiers-and-last-layers/quick/summary.csv"));
        Row last = rows.one("layers", "last 2"), base = rows.one("layers", "base");
        table.row(
                in.pick("weights", "权重"),
                in.pick("last two layers", "最后两层"),
                in.pick("by heart ", "背诵 ")
                        + last.fixed("byHeart", 2)
                        + in.pick(", other wordings ", "，换种问法 ")
                        + last.interval("heldOut", "heldOutLow", "heldOutHigh", 2),
                in.pick("perplexity ", "困惑度 ") + base.fixed("perplexity", 0) + " → " + last.fixed("perplexity", 0));
    }

    private void stream(MarkdownTable table, Language in) {
        Rows rows = Rows.of(results.resolve("09-dual-memory/quick/summary.csv"));
        Row with = atTheEnd(rows, "both"), without = atTheEnd(rows, "none");
        table.row(
                in.pick("residual stream", "残差流"),
                in.pick("slots in the layers (LMCODE)", "层内槽位（LMCODE）"),
                in.pick("answers beyond the window ", "窗口之外的回答 ")
                        + with.interval("mean", "low", "high", 2)
                        + in.pick(", without memory ", "，没有记忆时 ")
                        + without.fixed("mean", 2),
                in.pick("a small model, trained with its memory", "小模型，与记忆一起训练"));
    }

    /** The last update of a training. */
    private static Row atTheEnd(Rows rows, String arm) {
        return rows.all("part", "training", "arm", arm, "quantity", "accuracy").stream()
                .max(Comparator.comparingDouble(row -> row.number("x")))
                .orElseThrow();
    }
}
