package dev.engram.explicit;

import dev.engram.eval.Bootstrap;
import dev.engram.model.CausalLm;
import dev.engram.report.Parts;
import dev.engram.report.Progress;
import dev.engram.report.Tables;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;

/**
 * The table of explicit memory: questions on entities that nobody trained on, answered from nothing, from text, from memories of different
 * layers, tokens and rules, from wrong memories, and among distractors, always by the same weights.
 *
 * @param world the facts
 * @param items questions of each kind
 * @param seed of the draw of questions
 */
public record ReadingExperiment(World world, int items, long seed) {
    private static final List<Integer> TOKENS = List.of(8, 16, 32, WriteConfig.ALL_TOKENS);

    /**
     * One answer.
     *
     * @param weights whose answer it is
     * @param kind of the references
     * @param arm what was read
     * @param unit entity
     * @param nll of the right answer, nats per token
     * @param exact 1 if greedy decoding says it
     */
    public record Row(String weights, String kind, String arm, String unit, double nll, double exact) {}

    /**
     * Runs all arms of one set of weights.
     *
     * @param weights name for the tables
     * @param lm reads; its adapter is on while it reads and must not have written
     * @param reader switches the adapter on (true) or off: memories are written by the base
     */
    public List<Row> run(String weights, CausalLm lm, Consumer<Boolean> reader, List<ReadingItem.Kind> kinds) {
        return run(weights, reader, kinds, kind -> prepare(lm, kind), Parts.none());
    }

    /**
     * What storage and search do: memories out of codecs, splits of equal bytes, and references as they are found by the question.
     *
     * @param parts where each arm's rows are kept, so that an interrupted run goes on
     */
    public List<Row> runStored(
            String weights, CausalLm lm, Consumer<Boolean> reader, List<ReadingItem.Kind> kinds, Parts parts) {
        Function<ReadingItem.Kind, Prepared> prepare = kind -> {
            List<ReadingItem> asked = ReadingItem.of(world, "heldout", kind, items, seed);
            ReadingTest test = new ReadingTest(lm, new ReferenceWriter(lm, WriteConfig.dense()));
            return new Prepared(asked, test, new StoredArms(lm, this, test, kind).of(asked));
        };
        return run(weights, reader, kinds, prepare, parts);
    }

    private static List<Row> run(
            String weights,
            Consumer<Boolean> reader,
            List<ReadingItem.Kind> kinds,
            Function<ReadingItem.Kind, Prepared> prepare,
            Parts parts) {
        List<Row> rows = new ArrayList<>();
        for (ReadingItem.Kind kind : kinds) {
            reader.accept(false);
            Prepared prepared = prepare.apply(kind);
            reader.accept(true);
            String name = kind.name().toLowerCase(Locale.ROOT);
            try (Progress progress = Progress.start("Answers, " + weights + ", " + name, prepared.arms.size())) {
                prepared.arms.forEach((arm, given) -> {
                    Table part = parts.part(
                            name + ", " + arm, () -> Tables.of("rows", asked(weights, name, arm, prepared, given)));
                    rows.addAll(rows(part));
                    progress.step();
                });
            }
        }
        return rows;
    }

    private static List<Row> asked(
            String weights, String kind, String arm, Prepared prepared, ReadingTest.Given given) {
        List<ReadingTest.Read> reads = prepared.test.ask(prepared.items, given);
        return IntStream.range(0, reads.size())
                .mapToObj(i -> new Row(
                        weights,
                        kind,
                        arm,
                        prepared.items.get(i).unit(),
                        reads.get(i).nll(),
                        reads.get(i).exactness()))
                .toList();
    }

    /** Rows out of a table, such as rows.csv of a former run. */
    public static List<Row> rows(Table table) {
        return table.stream()
                .map(r -> new Row(
                        r.getString("weights"),
                        r.getString("kind"),
                        r.getString("arm"),
                        r.getString("unit"),
                        r.getNumber("nll"),
                        r.getNumber("exact")))
                .toList();
    }

    private record Prepared(List<ReadingItem> items, ReadingTest test, Map<String, ReadingTest.Given> arms) {}

    private Prepared prepare(CausalLm lm, ReadingItem.Kind kind) {
        List<ReadingItem> asked = ReadingItem.of(world, "heldout", kind, items, seed);
        WriteConfig everything = WriteConfig.dense();
        ReadingTest test = new ReadingTest(lm, new ReferenceWriter(lm, everything));
        Map<String, ReadingTest.Given> arms = new LinkedHashMap<>();
        arms.put("nothing", test.nothing());
        arms.put("text", test.text(i -> List.of(i.reference())));
        Map<String, List<ExplicitMemory>> gold = written(lm, everything, asked, TOKENS);
        int layers = lm.config().layers();
        for (LayerChoice choice : LayerChoice.values()) {
            for (int t = 0; t < TOKENS.size(); t++) {
                int kept = t;
                arms.put(
                        name(choice, TOKENS.get(t)),
                        test.memories(
                                i -> List.of(gold.get(i.reference()).get(kept).at(choice.of(layers)))));
            }
        }
        int[] last = LayerChoice.LAST_HALF.of(layers);
        Function<ReadingItem, String> wrong = i ->
                asked.get((asked.indexOf(i) + asked.size() / 2) % asked.size()).reference();
        int all = TOKENS.indexOf(WriteConfig.ALL_TOKENS);
        arms.put(
                "wrong memory",
                test.memories(i -> List.of(gold.get(wrong.apply(i)).get(all).at(last))));
        for (TokenSelector rule : TokenSelectors.all(seed)) {
            if (!rule.name().equals(TokenSelectors.paper().name())) {
                Map<String, List<ExplicitMemory>> other =
                        written(lm, WriteConfig.defaults().withSelector(rule), asked, List.of(8));
                arms.put("last_half, 8 tokens by " + rule.name(), test.memories(i -> other.get(i.reference())));
            }
        }
        distractors(lm, asked, test, arms);
        return new Prepared(asked, test, arms);
    }

    /** The gold reference with four others, in an order that depends on the item alone. */
    private static void distractors(
            CausalLm lm, List<ReadingItem> asked, ReadingTest test, Map<String, ReadingTest.Given> arms) {
        List<Integer> kept = List.of(8, 32, WriteConfig.ALL_TOKENS);
        List<String> texts =
                asked.stream().flatMap(i -> five(asked, i).stream()).distinct().toList();
        List<List<ExplicitMemory>> written = new ReferenceWriter(lm, WriteConfig.defaults()).write(texts, kept);
        Map<String, Integer> place = new HashMap<>();
        texts.forEach(t -> place.put(t, place.size()));
        arms.put("text, 4 distractors", test.text(i -> five(asked, i)));
        for (int k = 0; k < kept.size(); k++) {
            List<ExplicitMemory> own = written.get(k);
            arms.put(
                    name(LayerChoice.LAST_HALF, kept.get(k)) + ", 4 distractors",
                    test.memories(i -> five(asked, i).stream()
                            .map(t -> own.get(place.get(t)))
                            .toList()));
        }
    }

    private static List<String> five(List<ReadingItem> asked, ReadingItem item) {
        List<String> all = new ArrayList<>(item.distractors());
        all.add(asked.indexOf(item) % (all.size() + 1), item.reference());
        return all;
    }

    private static Map<String, List<ExplicitMemory>> written(
            CausalLm lm, WriteConfig config, List<ReadingItem> asked, List<Integer> kept) {
        List<String> texts =
                asked.stream().map(ReadingItem::reference).distinct().toList();
        List<List<ExplicitMemory>> written = new ReferenceWriter(lm, config).write(texts, kept);
        Map<String, List<ExplicitMemory>> byText = new HashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            int at = i;
            byText.put(
                    texts.get(i),
                    IntStream.range(0, kept.size())
                            .mapToObj(k -> written.get(k).get(at))
                            .toList());
        }
        return byText;
    }

    static String name(LayerChoice layers, int tokens) {
        return layers.key() + ", " + (tokens == WriteConfig.ALL_TOKENS ? "all tokens" : tokens + " tokens");
    }

    /**
     * A line of the table.
     *
     * @param nll mean over entities, with its interval
     * @param gap share of the way from nothing to text that is gone, of the same weights and kind
     */
    public record Line(
            String weights,
            String kind,
            String arm,
            double nll,
            double nllLow,
            double nllHigh,
            double exact,
            double gap,
            int questions) {}

    /** The table: one line for each arm. */
    public static List<Line> table(List<Row> rows, long seed) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(r -> groups.computeIfAbsent(r.weights + "\t" + r.kind + "\t" + r.arm, k -> new ArrayList<>())
                .add(r));
        List<Line> lines = new ArrayList<>();
        groups.forEach((key, group) -> {
            Row any = group.get(0);
            double nothing = mean(groups.get(any.weights + "\t" + any.kind + "\tnothing"));
            // with distractors the way leads to the text with the same distractors
            String text = any.arm.endsWith("4 distractors") ? "text, 4 distractors" : "text";
            double best = mean(groups.get(any.weights + "\t" + any.kind + "\t" + text));
            var interval = Bootstrap.seeded(seed).mean(Bootstrap.byUnit(group, Row::unit, Row::nll));
            lines.add(new Line(
                    any.weights,
                    any.kind,
                    any.arm,
                    mean(group),
                    interval.low(),
                    interval.high(),
                    group.stream().mapToDouble(Row::exact).average().orElseThrow(),
                    (nothing - mean(group)) / (nothing - best),
                    group.size()));
        });
        return lines;
    }

    private static double mean(List<Row> group) {
        return group.stream().mapToDouble(Row::nll).average().orElseThrow();
    }
}
