package dev.engram.cli.bench;

import ai.djl.ndarray.NDManager;
import dev.engram.eval.Bootstrap;
import dev.engram.explicit.ExplicitLm;
import dev.engram.explicit.LayerChoice;
import dev.engram.explicit.Reference;
import dev.engram.explicit.ReferenceBank;
import dev.engram.explicit.ReferenceWriter;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.LeftPadded;
import dev.engram.model.LoadOptions;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import dev.engram.report.Checkout;
import dev.engram.report.Profile;
import dev.engram.report.Progress;
import dev.engram.report.RunFolder;
import dev.engram.report.Tables;
import dev.engram.report.TemporaryFolder;
import dev.engram.retrieve.Embedders;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RagPrompt;
import dev.engram.retrieve.RetrievalStrategy;
import dev.engram.world.Passage;
import dev.engram.world.World;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What explicit memory costs in time: writing beside reading a text, generating with and without memories, and RAG. */
@Command(
        name = "explicit",
        description =
                "Speed of writing memories, of generating while they are retrieved and read, and of RAG with the same"
                        + " passages, in interleaved rounds.")
final class BenchExplicit implements Callable<Integer> {
    private static final int BATCH = 8;
    /** References of one timing: the prefix is encoded once for all that are written together. */
    private static final int WRITTEN = 3 * BATCH;

    private static final int MEMORIES = 5;

    @Mixin
    private BenchOptions options;

    @Option(names = "--rounds", description = "Interleaved rounds; default: ${DEFAULT-VALUE}.", defaultValue = "5")
    private int rounds;

    @Option(names = "--dtype", description = "Number format; default: ${DEFAULT-VALUE}.", defaultValue = "auto")
    private String dtype;

    @Option(names = "--tokens", description = "Tokens to generate; default: ${DEFAULT-VALUE}.", defaultValue = "128")
    private int tokens;

    /**
     * One timing.
     *
     * @param perSecond tokens of the step a second
     */
    private record Row(String step, int round, int tokens, double seconds, double perSecond) {}

    /** One ratio of speeds, with its interval over rounds. */
    private record Ratio(String ratio, double value, double low, double high, int rounds) {}

    private final List<Row> rows = new ArrayList<>();

    @Override
    public Integer call() {
        if (rounds < 1 || tokens < 1) {
            throw new BadInputException(
                    "--rounds is " + rounds + " and --tokens " + tokens + "; both must be at least 1.");
        }
        LoadOptions load = options.load(DType.parse(dtype));
        try (CausalLm lm = CausalLm.open(options.model, load);
                TemporaryFolder folder = TemporaryFolder.create("engram-explicit");
                RunFolder run = RunFolder.open(
                        Checkout.folder().resolve("results"), "bench-explicit", Profile.fromEnvironment(), 1)) {
            run.setting("model", options.model).setting("format", lm.format()).setting("tokens", tokens);
            measure(lm, folder);
            run.rows(Tables.of("rows", rows));
            var summary = Tables.of("Ratios of tokens a second", ratios());
            run.summary(summary);
            run.commit();
            System.out.println(Tables.text(summary));
        }
        return 0;
    }

    private void measure(CausalLm lm, TemporaryFolder folder) {
        List<Passage> passages = World.load().passages();
        ReferenceWriter writer = new ReferenceWriter(lm, WriteConfig.defaults());
        EmbeddingRetriever retriever =
                new EmbeddingRetriever(Embedders.english(), new ExactStore(), new RetrievalStrategy.TopK());
        try (ReferenceBank bank = ReferenceBank.open(folder.path(), writer)) {
            bank.write(
                    passages.stream().map(p -> new Reference(p.id(), p.text())).toList());
            bank.ids().forEach(bank::memory); // warm
            retriever.addAll(
                    passages.stream().map(Passage::id).toList(),
                    passages.stream().map(Passage::text).toList());
            ExplicitLm reader = new ExplicitLm(
                    lm,
                    bank,
                    writer,
                    query -> retriever.retrieve(query, MEMORIES).stream()
                            .map(Hit::id)
                            .toList());
            try (Progress progress = Progress.start("Explicit memory", rounds + 1)) {
                for (int round = 0; round <= rounds; round++) {
                    if (round == 1) {
                        rows.clear(); // the first round warms everything up
                    }
                    writing(lm, passages, round);
                    generating(lm, reader, retriever, passages.get(round), round);
                    progress.step();
                }
            }
        }
    }

    private void writing(CausalLm lm, List<Passage> passages, int round) {
        int from = round * WRITTEN % (passages.size() - WRITTEN);
        ReferenceWriter any = new ReferenceWriter(lm, WriteConfig.defaults());
        List<String> texts = passages.subList(from, from + WRITTEN).stream()
                .map(Passage::text)
                .sorted(Comparator.comparingInt(any::length)) // as the writer does: little padding for both
                .toList();
        List<int[]> ids = texts.stream()
                .map(t -> IntStream.concat(Arrays.stream(any.prefix()), Arrays.stream(any.ids(t)))
                        .toArray())
                .toList();
        int count = ids.stream().mapToInt(i -> i.length).sum();
        timed("prefill", round, count, () -> {
            for (int at = 0; at < WRITTEN; at += BATCH) {
                prefill(lm, ids.subList(at, at + BATCH));
            }
        });
        for (LayerChoice layers : List.of(LayerChoice.FIRST_HALF, LayerChoice.LAST_HALF)) {
            ReferenceWriter writer =
                    new ReferenceWriter(lm, WriteConfig.defaults().withLayers(layers));
            timed("write " + layers.key(), round, count, () -> writer.write(texts));
        }
    }

    /** The same texts through the whole model, side by side. */
    private static void prefill(CausalLm lm, List<int[]> texts) {
        LeftPadded batch = LeftPadded.of(texts, 0);
        int[][] ids = batch.ids();
        try (NDManager scope = lm.decoder().newScope();
                KvCache cache = lm.decoder().newCache(ids.length, batch.padding())) {
            lm.decoder().logits(scope, lm.decoder().forward(scope, ids, cache, Seams.none()), 1);
        }
    }

    private void generating(CausalLm lm, ExplicitLm reader, EmbeddingRetriever retriever, Passage about, int round) {
        String question = "What do you know about " + about.entity() + "?";
        String plain = lm.prompt(List.of(Message.user(question)));
        GenerationConfig config = GenerationConfig.greedy(tokens).withForceExactLength(true);
        spoken("nothing", round, lm.generate(plain, config), 0);
        ExplicitLm.Answer answer = reader.generate(plain, config, GenerationListener.SILENT);
        int prompt = answer.generation().promptTokens();
        double before = answer.readings().stream()
                .filter(r -> r.position() < prompt)
                .mapToDouble(r -> r.retrieveSeconds() + r.loadSeconds())
                .sum();
        spoken("memories", round, answer.generation(), before);
        long start = System.nanoTime();
        List<Hit> hits = retriever.retrieve(question, MEMORIES);
        String text = lm.prompt(RagPrompt.standard().messages(question, hits));
        double retrieved = (System.nanoTime() - start) / 1e9;
        spoken("text", round, lm.generate(text, config), retrieved);
    }

    /**
     * Generation after the prompt, and the prompt by itself.
     *
     * @param before seconds of retrieval before the prompt
     */
    private void spoken(String given, int round, Generation g, double before) {
        rows.add(new Row(
                "generate with " + given,
                round,
                g.ids().size(),
                g.decodeSeconds(),
                g.ids().size() / g.decodeSeconds()));
        rows.add(new Row(
                "prompt with " + given,
                round,
                g.promptTokens(),
                before + g.prefillSeconds(),
                g.promptTokens() / (before + g.prefillSeconds())));
    }

    private void timed(String step, int round, int count, Runnable work) {
        long start = System.nanoTime();
        work.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        rows.add(new Row(step, round, count, seconds, count / seconds));
    }

    private List<Ratio> ratios() {
        List<Ratio> all = new ArrayList<>();
        // a ratio of costs is the other way round than one of speeds
        all.add(ratio("cost of writing a token, first half / prefill", "prefill", "write first_half"));
        all.add(ratio("cost of writing a token, last half / prefill", "prefill", "write last_half"));
        all.add(ratio("speed with memories / with nothing", "generate with memories", "generate with nothing"));
        all.add(ratio("speed with text / with nothing", "generate with text", "generate with nothing"));
        all.add(ratio("speed with memories / with text", "generate with memories", "generate with text"));
        all.add(promptTime());
        return all;
    }

    /** Reading five memories against reading the same passages as text; the prompts differ in length. */
    private Ratio promptTime() {
        return ratio(
                "time to the first token, memories / text", "prompt with memories", "prompt with text", Row::seconds);
    }

    private Ratio ratio(String name, String above, String below) {
        return ratio(name, above, below, Row::perSecond);
    }

    private Ratio ratio(String name, String above, String below, ToDoubleFunction<Row> of) {
        Map<Integer, double[]> pairs = new LinkedHashMap<>();
        for (Row r : rows) {
            if (r.step.equals(above)) {
                pairs.computeIfAbsent(r.round, k -> new double[2])[0] = of.applyAsDouble(r);
            }
            if (r.step.equals(below)) {
                pairs.computeIfAbsent(r.round, k -> new double[2])[1] = of.applyAsDouble(r);
            }
        }
        double[] ratios = pairs.values().stream().mapToDouble(p -> p[0] / p[1]).toArray();
        var interval = Bootstrap.seeded(1).mean(ratios);
        return new Ratio(
                name, Arrays.stream(ratios).average().orElseThrow(), interval.low(), interval.high(), ratios.length);
    }
}
