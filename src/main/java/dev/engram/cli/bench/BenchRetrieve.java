package dev.engram.cli.bench;

import ai.djl.ndarray.NDManager;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Interval;
import dev.engram.model.BadInputException;
import dev.engram.model.LoadOptions.DeviceChoice;
import dev.engram.model.engine.Torch;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Profile;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.report.TemporaryFolder;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.GoldRanks;
import dev.engram.retrieve.IndexStore;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** Finding five references among very many: exact scan and index side by side; and how well bge finds Halcyon's facts. */
@Command(
        name = "retrieve",
        description =
                "Time and recall of retrieval, exact scan and index on disk side by side, and recall of Halcyon's facts.")
final class BenchRetrieve implements Callable<Integer> {
    private static final int K = 5;
    private static final long SEED = 1;

    @Option(names = "--rows", description = "References; default: ${DEFAULT-VALUE}.", defaultValue = "100000")
    private int rows;

    @Option(names = "--queries", description = "Queries; default: ${DEFAULT-VALUE}.", defaultValue = "200")
    private int queries;

    @Option(names = "--threads", description = "Threads of the exact scan; default: the physical cores.")
    private int threads;

    /** One measured time. */
    private record Lap(String store, String step, int round, double milliseconds) {}

    /** One line of the summary; times in milliseconds unless said otherwise. */
    private record Line(
            String store,
            int rows,
            double buildSeconds,
            double open,
            double firstQuery,
            double medianQuery,
            double worstQuery,
            double recallAt5,
            double megabytes) {}

    /** How often the right text was among the first k. */
    private record Found(String of, int k, double recall, double low, double high, int questions) {}

    private final List<Lap> laps = new ArrayList<>();

    @Override
    public Integer call() {
        if (rows < K || queries < 1) {
            throw new BadInputException(
                    "--rows is " + rows + " and --queries " + queries + "; give at least " + K + " rows and 1 query.");
        }
        Path home = Checkout.folder();
        try (RunFolder run =
                        RunFolder.open(home.resolve("results"), "bench-retrieve", Profile.fromEnvironment(), SEED);
                TemporaryFolder folder = TemporaryFolder.create("engram-index");
                NDManager engine = Torch.manager(DeviceChoice.CPU)) {
            Torch.setThreads(threads > 0 ? threads : Torch.physicalCores());
            run.setting("engine", engine.getEngine().getEngineName());
            run.setting("rows", rows).setting("queries", queries).setting("spread", SyntheticVectors.SPREAD);
            World world = World.load(home.resolve("data/halcyon"));
            EmbeddingModel bge = Embedders.english();
            bge.embed("The first text loads the model.");
            GoldRanks halcyon = new GoldRanks(bge, world);
            List<GoldRanks.Row> asked = halcyon.ask(world.facts("heldout"));
            List<Embedding> questions = questions(bge, asked);
            List<Embedding> references = references(halcyon.statements());
            List<Line> lines = measure(folder.path(), references, questions);
            run.rows(Tables.of("retrieve", laps));
            run.summary(Tables.of("Five of " + rows + " references", lines));
            Table found = Tables.of("Held-out questions of Halcyon, bge-small-en-v1.5", found(asked));
            Csv.write(run.file("halcyon.csv"), found);
            Csv.write(run.file("halcyon-rows.csv"), Tables.of("Ranks", asked));
            run.commit();
            System.out.println(Tables.text(Tables.of("Five of " + rows + " references, milliseconds", lines)));
            System.out.println(Tables.text(found));
            System.out.println("Embedding a query: median " + median("bge", "embed query") + " ms.");
        }
        return 0;
    }

    /** Real questions, each embedding timed. */
    private List<Embedding> questions(EmbeddingModel bge, List<GoldRanks.Row> asked) {
        List<Embedding> all = new ArrayList<>();
        for (int i = 0; i < queries; i++) {
            String question = asked.get(i * 7919 % asked.size()).question(); // spread over all facts
            all.add(timed("bge", "embed query", i, () -> bge.embed(question).content()));
        }
        return all;
    }

    private List<Embedding> references(float[][] real) {
        SyntheticVectors synthetic = new SyntheticVectors(real, SEED);
        return Stream.generate(() -> Embedding.from(synthetic.next()))
                .limit(rows)
                .toList();
    }

    private List<Line> measure(Path folder, List<Embedding> references, List<Embedding> questions) {
        List<String> ids = IntStream.range(0, rows).mapToObj(i -> "r" + i).toList();
        List<TextSegment> texts = IntStream.range(0, rows)
                .mapToObj(i -> TextSegment.from("This is the text of the reference with the number " + i + "."))
                .toList();
        int width = references.get(0).dimension();
        try (ExactStore exact = new ExactStore();
                IndexStore filled = IndexStore.open(folder, width)) {
            timed("exact", "build", 0, () -> {
                exact.addAll(ids, references, texts);
                return exact;
            });
            timed("index", "build", 0, () -> {
                filled.build(ids, references, texts);
                return filled;
            });
            filled.close();
            for (int round = 0; round < 4; round++) {
                timed("index", "open", round, () -> IndexStore.open(folder, width))
                        .close();
            }
            try (IndexStore index = timed("index", "open", 4, () -> IndexStore.open(folder, width))) {
                Map<String, EmbeddingStore<TextSegment>> stores = Map.of("exact", exact, "index", index);
                double[] recall = race(stores, references, questions);
                return List.of(
                        line("exact", recall[0], rows * width * 5.0), // floats and their 8-bit copy
                        line("index", recall[1], bytes(folder)));
            }
        }
    }

    /** Asks both stores every question in turn; returns the recall of exact and index. */
    private double[] race(
            Map<String, EmbeddingStore<TextSegment>> stores, List<Embedding> references, List<Embedding> questions) {
        stores.forEach((name, store) -> timed(name, "first query", 0, () -> search(store, questions.get(0))));
        double[] found = new double[2];
        try (Progress progress = Progress.start("Queries", questions.size())) {
            for (int i = 0; i < questions.size(); i++) {
                Embedding q = questions.get(i);
                double worst = fifth(references, q);
                for (String name : i % 2 == 0 ? List.of("exact", "index") : List.of("index", "exact")) {
                    List<EmbeddingMatch<TextSegment>> hits = timed(name, "query", i, () -> search(stores.get(name), q));
                    // by the vector that came back, so that equal cosines count alike
                    found[name.equals("exact") ? 0 : 1] += hits.stream()
                            .filter(h -> cosine(h.embedding(), q) >= worst - 1e-6)
                            .count();
                }
                progress.step();
            }
        }
        return new double[] {found[0] / K / questions.size(), found[1] / K / questions.size()};
    }

    private static List<EmbeddingMatch<TextSegment>> search(EmbeddingStore<TextSegment> store, Embedding query) {
        return store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(query)
                        .maxResults(K)
                        .build())
                .matches();
    }

    /** The fifth largest cosine, computed in full. */
    private static double fifth(List<Embedding> references, Embedding query) {
        double[] all = references.stream().mapToDouble(r -> cosine(r, query)).toArray();
        Arrays.sort(all);
        return all[all.length - K];
    }

    /** Of unit vectors. */
    private static double cosine(Embedding a, Embedding b) {
        double sum = 0;
        for (int i = 0; i < a.dimension(); i++) {
            sum += (double) a.vector()[i] * b.vector()[i];
        }
        return sum;
    }

    private <T> T timed(String store, String step, int round, Supplier<T> work) {
        long start = System.nanoTime();
        T result = work.get();
        laps.add(new Lap(store, step, round, (System.nanoTime() - start) / 1e6));
        return result;
    }

    private double[] times(String store, String step) {
        return laps.stream()
                .filter(l -> l.store.equals(store) && l.step.equals(step))
                .mapToDouble(Lap::milliseconds)
                .sorted()
                .toArray();
    }

    private double median(String store, String step) {
        return Race.median(times(store, step));
    }

    private Line line(String store, double recall, double bytes) {
        double[] t = times(store, "query");
        return new Line(
                store,
                rows,
                median(store, "build") / 1e3,
                median(store, "open"),
                median(store, "first query"),
                median(store, "query"),
                t[t.length - 1],
                recall,
                bytes / 1e6);
    }

    private static double bytes(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(f -> f.toFile().length()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Found> found(List<GoldRanks.Row> asked) {
        List<Found> lines = new ArrayList<>();
        for (boolean passage : new boolean[] {false, true}) {
            for (int k : new int[] {1, K}) {
                Interval r = GoldRanks.recallAt(k, asked, passage, Bootstrap.seeded(SEED));
                String of = passage ? "the passage" : "the statement";
                lines.add(new Found(of, k, r.mean(), r.low(), r.high(), asked.size()));
            }
        }
        return lines;
    }
}
