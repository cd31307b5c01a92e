package dev.engram.cli.bench;

import ai.djl.ndarray.NDManager;
import dev.engram.eval.Bootstrap;
import dev.engram.eval.Means;
import dev.engram.eval.Prose;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.explicit.analysis.Analyses;
import dev.engram.explicit.analysis.AnswerAnalysis;
import dev.engram.explicit.analysis.TimeSplit;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.report.Checkout;
import dev.engram.report.Csv;
import dev.engram.report.Parts;
import dev.engram.report.Profile;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.report.TemporaryFolder;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.RetrievalStrategy;
import dev.engram.train.Lora;
import dev.engram.world.Passage;
import dev.engram.world.World;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tech.tablesaw.api.Table;

/** The analyses of seed 003, sections 2 and 5.2 to 5.4: the tables behind notebook 13. */
@Command(
        name = "analyses",
        description =
                "What retrieval brings and what the model makes of it, the law and medicine papers, where the time"
                        + " goes, which memory an answer read, and which knowledge can be put outside the weights. Can be stopped and continued.")
final class BenchAnalyses implements Callable<Integer> {
    private static final List<String> ALL = List.of("answers", "papers", "split", "trace", "theory", "distractors");

    /** References in the banks of the time split; finding five of them takes as long as embedding the query. */
    private static final int TIMED = 96;

    @Mixin
    private BenchOptions options;

    @Option(names = "--rounds", description = "Interleaved rounds; default: ${DEFAULT-VALUE}.", defaultValue = "5")
    private int rounds;

    @Option(
            names = "--only",
            split = ",",
            description = "answers, papers, split, trace, theory, distractors; default: all.")
    private List<String> only = ALL;

    @Option(names = "--items", description = "Questions of each task; default: 12, in the full profile 40.")
    private Integer items;

    @Option(names = "--adapter", description = "Reading adapter; default: data/adapters/reading.")
    private Path adapter;

    @Option(
            names = "--tokens",
            description = "Tokens of a timed answer; default: ${DEFAULT-VALUE}.",
            defaultValue = "32")
    private int tokens;

    @Option(names = "--seed", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private long seed;

    private final Profile profile = Profile.fromEnvironment();

    @Override
    public Integer call() {
        for (String part : only) {
            if (!ALL.contains(part)) {
                throw new BadInputException("--only names '" + part + "'; it must be one or several of " + ALL + ".");
            }
        }
        int asked = items == null ? profile.pick(12, 40) : items;
        if (asked < 1 || rounds < 1 || tokens < 1) {
            throw new BadInputException("--items is " + asked + ", --rounds " + rounds + " and --tokens " + tokens
                    + "; all must be at least 1.");
        }
        LoadOptions load = options.load(DType.F32);
        Path folder = adapter != null ? adapter : Checkout.folder().resolve("data/adapters/reading");
        try (CausalLm lm = CausalLm.open(options.model, load);
                NDManager scope = lm.decoder().newScope();
                Lora lora = Lora.load(scope, lm.config(), folder)) {
            only.forEach(part -> run(part, lm, lora, asked));
            lm.decoder().adapt(null);
        }
        return 0;
    }

    private void run(String part, CausalLm lm, Lora lora, int asked) {
        String name = "bench-analyses-" + part;
        Parts parts = Parts.of(Checkout.folder(), name, profile, asked, seed);
        Analyses analyses = new Analyses(
                lm, World.load(), on -> lm.decoder().adapt(on ? lora.adapter() : null), asked, seed, parts);
        Bootstrap bootstrap = Bootstrap.seeded(seed);
        try (RunFolder run = RunFolder.open(Checkout.folder().resolve("results"), name, profile, seed)) {
            run.setting("model", options.model).setting("format", lm.format()).setting("threads", options.threads());
            Table summary;
            switch (part) {
                case "answers" -> {
                    Table rows = analyses.answers(
                            List.of("single facts", "passages", "law", "medicine"),
                            List.of(1, 3, 5, 7),
                            List.of("threshold", "diverse"));
                    run.rows(rows);
                    summary = Tables.of("lines", AnswerAnalysis.table(AnswerAnalysis.rows(rows)));
                }
                case "papers" -> {
                    Table rows = analyses.papers(List.of(1, 3, 5, 7));
                    run.rows(rows);
                    summary = Means.of(rows, "right", bootstrap, "paper", "arm", "k");
                }
                case "split" -> {
                    List<TimeSplit.Row> rows = split(lm);
                    run.rows(Tables.of("rows", rows));
                    summary = Tables.of("lines", TimeSplit.table(rows));
                }
                case "trace" -> {
                    Table rows = analyses.traces();
                    run.rows(rows);
                    Table silenced = analyses.knockouts(List.of(0, 5, 10, 20, 30, 45));
                    Csv.write(run.file("knockouts.csv"), silenced);
                    System.out.println(Tables.text(Means.of(rows, "first", bootstrap, "kind")));
                    summary = Means.of(silenced, "nll", bootstrap, "silenced", "heads");
                }
                case "distractors" -> {
                    Table rows = analyses.distractors(List.of("distractors", "found"));
                    run.rows(rows);
                    summary = Means.of(rows, "nll", bootstrap, "kind", "set", "way");
                }
                default -> {
                    Table rows = analyses.theory(asked, 6);
                    run.rows(rows);
                    summary = Means.of(rows, "exact", bootstrap, "knowledge", "prefix");
                }
            }
            run.summary(summary);
            run.commit();
            parts.done();
            System.out.println(Tables.text(summary));
        }
    }

    private List<TimeSplit.Row> split(CausalLm lm) {
        lm.decoder().adapt(null);
        List<Passage> passages = World.load().passages().subList(0, TIMED);
        EmbeddingRetriever retriever =
                new EmbeddingRetriever(Embedders.english(), new ExactStore(), new RetrievalStrategy.TopK());
        retriever.addAll(
                passages.stream().map(Passage::id).toList(),
                passages.stream().map(Passage::text).toList());
        int[] text = Prose.read(Checkout.folder().resolve("data/prose"))
                .windows(lm.tokenizer(), TimeSplit.LENGTHS.get(TimeSplit.LENGTHS.size() - 1), 1)
                .get(0);
        try (TemporaryFolder folder = TemporaryFolder.create("engram-split")) {
            return new TimeSplit(
                            lm,
                            new ReferenceWriter(lm, WriteConfig.defaults()),
                            retriever,
                            passages.stream()
                                    .map(p -> new Reference(p.id(), p.text()))
                                    .toList(),
                            text,
                            folder.path(),
                            tokens,
                            TimeSplit.STORED)
                    .run(rounds);
        }
    }
}
