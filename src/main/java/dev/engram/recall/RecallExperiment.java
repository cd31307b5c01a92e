package dev.engram.recall;

import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.eval.Prose;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Sampler;
import dev.engram.model.source.TensorType;
import dev.engram.report.Csv;
import dev.engram.train.History;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The tables of the recall token: recipes side by side on one corpus. Each arm has a folder with its checkpoints and its rows; an arm
 * whose rows are there is not run again, and one that was interrupted goes on.
 *
 * @param memories trained memories
 * @param seed of corpus and training
 * @param decoded memories of the decoding test
 * @param questions questions of the end-to-end test
 * @param windows windows of ordinary prose, of 256 tokens
 */
public record RecallExperiment(int memories, long seed, int decoded, int questions, int windows) {
    private static final int WINDOW = 256;
    private static final int UNKNOWN = 60;
    private static final int ORDINARY = 100;
    /** Shares of true recalls that the abstention threshold may cost. */
    private static final List<Double> LOST = List.of(0.01, 0.02, 0.05, 0.1, 0.2);

    /** N = 24: minutes. */
    public static RecallExperiment quick(long seed) {
        return new RecallExperiment(24, seed, 24, 48, 4);
    }

    /** N = 100. */
    public static RecallExperiment full(long seed) {
        return new RecallExperiment(100, seed, 100, 200, 12);
    }

    /** The same with another number of memories, all of which are tested. */
    public RecallExperiment withMemories(int n) {
        return new RecallExperiment(n, seed, n, 2 * n, windows);
    }

    /** One number of an arm, with a 95 % interval over its units. */
    private record Measured(String measure, double[] units) {}

    /**
     * Runs one recipe.
     *
     * @param lm the model in f32
     * @param prose ordinary texts (data/prose): one half is kept, the other measured
     * @param out folder of all arms
     * @return its rows
     */
    public Table run(
            String model, CausalLm lm, World world, Prose prose, RecallRecipe recipe, Path out, Consumer<String> log) {
        return run(model, lm, world, prose, recipe, out, log, DType.F32);
    }

    /** The same with the frozen base in another format while training. */
    public Table run(
            String model,
            CausalLm lm,
            World world,
            Prose prose,
            RecallRecipe recipe,
            Path out,
            Consumer<String> log,
            DType frozen) {
        Path folder = out.resolve(recipe.name() + "-" + memories + "-" + seed);
        Path file = folder.resolve("rows.csv");
        if (Files.exists(file)) {
            return Csv.read(file);
        }
        Prose tested = prose.half(1);
        double[] before = RecallTest.ordinaryLoss(lm, tested, windows, WINDOW);
        RecallCorpus corpus = RecallCorpus.of(world, memories, seed);
        try (RecallTraining training = new RecallTraining(model, lm, corpus, recipe, seed, log, frozen, null)) {
            long start = System.nanoTime();
            List<History> histories = training.checkpointing(folder.resolve("checkpoints"), 10)
                    .keeping(prose.half(0))
                    .train();
            double seconds = histories.stream()
                    .flatMap(h -> h.entries().stream())
                    .mapToDouble(History.Entry::seconds)
                    .sum();
            if (recipe.one().ownLora() == null) {
                training.save(folder.resolve("adapter"), TensorType.BF16);
            }
            log.accept(String.format(Locale.ROOT, "trained in %.0f s (%.0f s this time)", seconds, since(start)));
            Table rows = rows(recipe.name(), measure(training, corpus, tested, before, log), seconds);
            Csv.write(file, rows);
            return rows;
        }
    }

    /** Zero training: the bank and the questions as the base model's own vectors see them. */
    public Table baselines(CausalLm lm, World world, Path out) {
        Path file = out.resolve("baselines-" + memories + "-" + seed).resolve("rows.csv");
        if (Files.exists(file)) {
            return Csv.read(file);
        }
        RecallCorpus corpus = RecallCorpus.of(world, memories, seed);
        List<Measured> all = new ArrayList<>();
        RecallTest.Questions questions = RecallTest.Questions.of(corpus);
        for (VectorSource source : List.of(
                HiddenStateSource.seed(lm.decoder(), lm.tokenizer()),
                HiddenStateSource.finalMean(lm.decoder(), lm.tokenizer()),
                HiddenStateSource.layerMean(lm.decoder(), lm.tokenizer()))) {
            List<float[]> vectors =
                    source.vectors(corpus.bank().stream().map(Fact::statement).toList());
            List<float[]> asked = source.vectors(
                    questions.heldout().stream().map(RecallTest.Question::text).toList());
            List<float[]> trained = source.vectors(corpus.trained().stream()
                    .map(f -> f.trainQuestions().get(0))
                    .toList());
            Centring centred = Centring.of(
                    vectors.subList(0, vectors.size() - corpus.fresh().size()), trained);
            for (Centring centring : List.of(Centring.none(source.width()), centred)) {
                MemoryBank bank = new MemoryBank("", source.name(), centring, vectors.size(), Eviction.LRU);
                for (int i = 0; i < vectors.size(); i++) {
                    bank.add(RecallCorpus.memory(corpus.bank().get(i)), vectors.get(i));
                }
                try (MemoryHead head =
                        new MemoryHead(lm.decoder().backend().manager(), bank, MemoryHeadConfig.seed(), null)) {
                    int[] ranks = RecallTest.ranks(head, questions.heldout(), asked);
                    String how = source.name() + (centring == centred ? ", centred" : ", raw");
                    all.add(new Measured("R@1 held-out, " + how, RecallTest.first(ranks)));
                }
            }
        }
        Table rows = rows("no training", all, 0);
        Csv.write(file, rows);
        return rows;
    }

    private List<Measured> measure(
            RecallTraining training, RecallCorpus corpus, Prose prose, double[] before, Consumer<String> log) {
        RecallTest test = new RecallTest(training.lm(), corpus, training.settings(), prose, seed);
        List<Measured> all = new ArrayList<>();
        try (MemoryHead head = training.memoryHead()) {
            retrieval(test, corpus, head, all);
            tell(all, log);
            for (RecallTest.Injected kind : RecallTest.Injected.values()) {
                all.add(new Measured(
                        "exact, " + kind.name().toLowerCase(Locale.ROOT) + " vector",
                        test.decoding(training.bank(), kind, decoded)));
            }
            tell(all, log);
            List<RecallTest.Question> asked =
                    Shuffle.of(RecallTest.Questions.of(corpus).heldout(), Shuffle.stream(seed, 1));
            asked = asked.subList(0, Math.min(questions, asked.size()));
            List<RecallTest.Told> told = test.afterQuestions(training.bank(), RecallTest.Injected.TRUE, asked);
            all.add(new Measured(
                    "question and true vector: exact text", RecallTest.units(told, RecallTest.Told::exact)));
            all.add(new Measured(
                    "question and true vector: an answer follows", RecallTest.units(told, RecallTest.Told::goesOn)));
            all.add(new Measured("question and true vector: value", RecallTest.units(told, RecallTest.Told::value)));
            told = test.afterQuestions(training.bank(), RecallTest.Injected.ZERO, asked);
            all.add(new Measured(
                    "question and zero vector: exact text", RecallTest.units(told, RecallTest.Told::exact)));
            all.add(new Measured("question and zero vector: value", RecallTest.units(told, RecallTest.Told::value)));
            List<RecallTest.EndToEnd> answers = test.answers(head, asked);
            all.add(new Measured("end to end: recalls", RecallTest.units(answers, RecallTest.EndToEnd::recalled)));
            all.add(new Measured("end to end: right memory", RecallTest.units(answers, RecallTest.EndToEnd::right)));
            all.add(new Measured("end to end: exact text", RecallTest.units(answers, RecallTest.EndToEnd::exact)));
            all.add(new Measured("end to end: value", RecallTest.units(answers, RecallTest.EndToEnd::value)));
            answers.stream().limit(6).forEach(a -> log.accept("  " + a.text().replace("\n", "\\n")));
            tell(all, log);
            List<RecallTest.EndToEnd> unknown = test.answers(head, unknown(corpus));
            all.add(new Measured("unknown: recalls", RecallTest.units(unknown, RecallTest.EndToEnd::recalled)));
            all.add(new Measured(
                    "unknown: no memory used", RecallTest.units(unknown, a -> !a.recalled() || a.abstained())));
            freshMemories(training, corpus, prose, head, all);
            all.add(new Measured("false recalls", test.falseRecalls(head, ORDINARY)));
        }
        double[] after = RecallTest.ordinaryLoss(training.lm(), prose, windows, WINDOW);
        double[] rise = new double[windows];
        for (int i = 0; i < windows; i++) {
            rise[i] = after[i] - before[i];
        }
        all.add(new Measured("ordinary loss before, nats", before));
        all.add(new Measured("ordinary loss rise, nats", rise));
        tell(all, log);
        return all;
    }

    /** Memories written after training: found by the query, answered through their stored text. */
    private void freshMemories(
            RecallTraining training, RecallCorpus corpus, Prose prose, MemoryHead head, List<Measured> all) {
        RecallSettings stored = training.settings().withStoredText(RecallSettings.StoredText.UNLEARNED);
        List<RecallTest.EndToEnd> answers = new RecallTest(training.lm(), corpus, stored, prose, seed)
                .answers(head, RecallTest.Questions.of(corpus).fresh());
        all.add(new Measured("never trained: right memory", RecallTest.units(answers, RecallTest.EndToEnd::right)));
        all.add(new Measured(
                "never trained: value through the stored text", RecallTest.units(answers, RecallTest.EndToEnd::value)));
    }

    private void retrieval(RecallTest test, RecallCorpus corpus, MemoryHead head, List<Measured> all) {
        RecallTest.Questions asked = RecallTest.Questions.of(corpus);
        List<float[]> heldout = test.queries(asked.heldout());
        int[] ranks = RecallTest.ranks(head, asked.heldout(), heldout);
        all.add(new Measured("R@1 held-out", RecallTest.first(ranks)));
        all.add(new Measured(
                "MRR held-out", Arrays.stream(ranks).mapToDouble(r -> 1.0 / r).toArray()));
        all.add(new Measured("right when drawn at T = 0.8, scale 1", drawn(head, asked.heldout(), heldout)));
        int[] fresh = RecallTest.ranks(head, asked.fresh(), test.queries(asked.fresh()));
        all.add(new Measured("R@1 never trained", RecallTest.first(fresh)));
        if (head.config().abstain()) {
            abstention(RecallTest.margins(head, heldout), RecallTest.margins(head, test.queries(unknown(corpus))), all);
        }
    }

    /** 1 where the seed's way of drawing takes the right memory. */
    private double[] drawn(MemoryHead head, List<RecallTest.Question> questions, List<float[]> queries) {
        double[] right = new double[queries.size()];
        for (int i = 0; i < right.length; i++) {
            Sampler sampler = new Sampler(MemoryHeadConfig.seed().sampling().withSeed(seed * 1000 + i));
            right[i] = sampler.choose(head.cosines(queries.get(i)))
                            == questions.get(i).memory()
                    ? 1
                    : 0;
        }
        return right;
    }

    /** How often the head abstains, as it is, and at thresholds that lose a given share of true recalls. */
    private static void abstention(double[] known, double[] unknown, List<Measured> all) {
        all.add(new Measured("lost to nothing", above(known, 0)));
        all.add(new Measured("abstains on unknown", above(unknown, 0)));
        double[] sorted = known.clone();
        Arrays.sort(sorted);
        for (double lost : LOST) {
            double limit = sorted[(int) Math.min(sorted.length - 1, Math.ceil((1 - lost) * sorted.length))];
            all.add(new Measured(
                    String.format(Locale.ROOT, "abstains on unknown at %.0f %% lost", 100 * lost),
                    above(unknown, limit)));
        }
    }

    private static double[] above(double[] values, double limit) {
        return Arrays.stream(values).map(v -> v > limit ? 1 : 0).toArray();
    }

    private static List<RecallTest.Question> unknown(RecallCorpus corpus) {
        return RecallTest.Questions.of(corpus).unknown().stream().limit(UNKNOWN).toList();
    }

    private static void tell(List<Measured> all, Consumer<String> log) {
        StringBuilder line = new StringBuilder();
        for (Measured m : all) {
            line.append(String.format(
                    Locale.ROOT,
                    "%s %.3f; ",
                    m.measure(),
                    Arrays.stream(m.units()).average().orElse(Double.NaN)));
        }
        log.accept(line.toString());
    }

    private Table rows(String arm, List<Measured> measured, double seconds) {
        Table table = Table.create(
                "recall",
                StringColumn.create("arm"),
                IntColumn.create("memories"),
                LongColumn.create("seed"),
                StringColumn.create("measure"),
                DoubleColumn.create("value"),
                DoubleColumn.create("low"),
                DoubleColumn.create("high"),
                IntColumn.create("n"),
                DoubleColumn.create("training_seconds"));
        for (Measured m : measured) {
            Interval interval = Bootstrap.seeded(seed).mean(m.units());
            var row = table.appendRow();
            row.setString("arm", arm);
            row.setInt("memories", memories);
            row.setLong("seed", seed);
            row.setString("measure", m.measure());
            row.setDouble("value", interval.mean());
            row.setDouble("low", interval.low());
            row.setDouble("high", interval.high());
            row.setInt("n", m.units().length);
            row.setDouble("training_seconds", seconds);
        }
        return table;
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
