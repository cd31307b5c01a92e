package dev.engram.recall;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.source.TensorType;
import dev.engram.report.Csv;
import dev.engram.report.Tables;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;

/**
 * A second round of training: an adapter that knows some memories learns more of those in its bank. Old and new are measured before
 * and after, on the same questions.
 *
 * @param learned memories of the first round
 * @param more memories of the second
 * @param seed of the corpus and of both rounds
 * @param questions held-out questions on each of old and new
 */
public record RecallRounds(int learned, int more, long seed, int questions) {
    /** A new memory comes so many times as often as an old one. */
    private static final int OFTEN = 5;

    private static final int WINDOWS = 8;
    private static final int WINDOW = 256;
    private static final int ORDINARY = 100;

    /** One share with its 95 % interval over questions, prompts or windows. */
    private record Line(String round, String memories, String measure, double value, double low, double high, int n) {}

    /**
     * Runs the round and measures; a stopped one goes on from its checkpoints.
     *
     * @param first folder of the first round's adapter, see {@link RecallFolder}
     * @param out folder of checkpoints, adapter and rows.csv
     * @param frozen format of the base while training
     * @return the rows
     */
    public Table run(
            String model,
            CausalLm lm,
            World world,
            Prose prose,
            Path first,
            RecallRecipe recipe,
            Path out,
            DType frozen,
            Consumer<String> log) {
        RecallCorpus corpus = RecallCorpus.of(world, learned, seed).learning(more);
        Prose tested = prose.half(1);
        double[] base = RecallTest.ordinaryLoss(lm, tested, WINDOWS, WINDOW);
        List<Line> lines = new ArrayList<>();
        try (RecallTraining training = new RecallTraining(model, lm, corpus, recipe, seed, log, frozen, first)) {
            lm.decoder().adapt(training.adapter());
            measure("before", training, corpus, tested, base, lines, log);
            training.keeping(prose.half(0))
                    .favouring(learned, OFTEN)
                    .checkpointing(out.resolve("checkpoints"), 5)
                    .train();
            training.save(out.resolve("adapter"), TensorType.BF16);
            measure("after", training, corpus, tested, base, lines, log);
        }
        Table rows = Tables.of("recall rounds", lines);
        Csv.write(out.resolve("rows.csv"), rows);
        return rows;
    }

    private void measure(
            String round,
            RecallTraining training,
            RecallCorpus corpus,
            Prose prose,
            double[] base,
            List<Line> lines,
            Consumer<String> log) {
        RecallTest test = new RecallTest(training.lm(), corpus, training.settings(), prose, seed);
        List<RecallTest.Question> all =
                Shuffle.of(RecallTest.Questions.of(corpus).heldout(), Shuffle.stream(seed, 1));
        try (MemoryHead head = training.memoryHead()) {
            for (boolean old : new boolean[] {true, false}) {
                String which = old ? "old" : "new";
                List<RecallTest.Question> asked = all.stream()
                        .filter(q -> q.memory() < learned == old)
                        .limit(questions)
                        .toList();
                int[] ranks = RecallTest.ranks(head, asked, test.queries(asked));
                add(lines, round, which, "right memory first", RecallTest.first(ranks));
                List<RecallTest.EndToEnd> answers = test.answers(head, asked);
                add(
                        lines,
                        round,
                        which,
                        "end to end: right memory",
                        RecallTest.units(answers, RecallTest.EndToEnd::right));
                add(
                        lines,
                        round,
                        which,
                        "end to end: exact text",
                        RecallTest.units(answers, RecallTest.EndToEnd::exact));
                add(lines, round, which, "end to end: value", RecallTest.units(answers, RecallTest.EndToEnd::value));
            }
            add(lines, round, "none", "false recalls", test.falseRecalls(head, ORDINARY));
        }
        double[] now = RecallTest.ordinaryLoss(training.lm(), prose, WINDOWS, WINDOW);
        add(
                lines,
                round,
                "none",
                "ordinary loss rise, nats",
                IntStream.range(0, WINDOWS).mapToDouble(i -> now[i] - base[i]).toArray());
        lines.stream()
                .filter(l -> l.round().equals(round))
                .forEach(l -> log.accept(String.format(
                        Locale.ROOT, "%s, %s, %s: %.3f", l.round(), l.memories(), l.measure(), l.value())));
    }

    private void add(List<Line> lines, String round, String memories, String measure, double[] units) {
        Interval i = Bootstrap.seeded(seed).mean(units);
        lines.add(new Line(round, memories, measure, i.mean(), i.low(), i.high(), units.length));
    }
}
