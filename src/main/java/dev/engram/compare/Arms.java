package dev.engram.compare;

import dev.engram.compare.Weights.Kind;
import dev.engram.explicit.WriteConfig;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions;
import dev.engram.report.Csv;
import dev.engram.retrieve.Embedders;
import dev.engram.tiers.CachedEmbeddings;
import dev.engram.world.Fact;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;

/** All arms by name. Opening one writes its facts; trained ones learn then. */
public final class Arms {
    /** Tokens of a question, for the price of embedding it. */
    private static final int QUESTION = 16;

    private final CausalLm lm;
    private final LoadOptions load;
    private final Subject subject;
    private final Path home;
    private final int steps;
    private final EmbeddingModel embedding = Embedders.english();
    /** For stored texts, which all arms share. */
    private final CachedEmbeddings stored = new CachedEmbeddings(embedding);

    private final Map<String, LongFunction<Arm>> arms = new LinkedHashMap<>();
    private final List<String> trained = new ArrayList<>();

    /**
     * The arms on a subject.
     *
     * @param lm stays the caller's, and is used by one arm at a time
     * @param load how weights that were changed are opened
     * @param home the checkout, with data/adapters and results
     * @param steps updates of a trained arm; its update takes a third of them
     */
    public Arms(CausalLm lm, LoadOptions load, Subject subject, Path home, int steps) {
        this.lm = lm;
        this.load = load;
        this.subject = subject;
        this.home = home;
        this.steps = steps;
        text("base", c -> Lookup.none(), 0, false);
        weights("full", Kind.FULL, Lessons.FIVE_WORDINGS, subject.facts(), steps, null);
        weights("last-4", Kind.LAST, Lessons.FIVE_WORDINGS, subject.facts(), steps, null);
        weights("lora-1", Kind.LORA, Lessons.ONE_WORDING, subject.facts(), steps, null);
        weights("lora-5", Kind.LORA, Lessons.FIVE_WORDINGS, subject.facts(), steps, null);
        weights("lora-5-others", Kind.LORA, Lessons.FIVE_WORDINGS, subject.others(), steps, null);
        text("rag-oracle", oracle(0), 0, true);
        text("rag-oracle-4", oracle(4), 0, true);
        for (int k : new int[] {1, 3, 5}) {
            text("rag-" + k, retrieved(k), embedding.dimension(), true);
        }
        adapted("rag-oracle");
        adapted("rag-1");
        weights("rag-1+lora-5", Kind.LORA, Lessons.FIVE_WORDINGS, subject.facts(), steps, retrieved(1));
        for (RecallArm.Mode mode : RecallArm.Mode.values()) {
            recall(mode);
        }
        explicit("memory3-dense", oracle(0), WriteConfig.ALL_TOKENS, null);
        explicit("memory3-8", oracle(0), 8, null);
        explicit("memory3-8-int4", oracle(0), 8, "int4");
        explicit("memory3-found", retrieved(1), WriteConfig.ALL_TOKENS, null);
        text(
                "lmcode-store",
                c -> Lookups.experiences(subject, StoredTexts.of(subject, c), lm),
                lm.config().hidden(),
                true);
        text("tiers", c -> Lookups.tiers(subject, c, stored, embedding), embedding.dimension(), true);
    }

    /** Names of all arms, in the order of the tables. */
    public List<String> names() {
        return List.copyOf(arms.keySet());
    }

    /** Whether another seed gives another arm: those that learn here, or draw. */
    public boolean seeded(String name) {
        return trained.contains(name);
    }

    /** Refuses a name that no arm has. */
    public void require(String name) {
        if (!arms.containsKey(name)) {
            throw new BadInputException(
                    "There is no arm '" + name + "'; give some of " + String.join(", ", arms.keySet()) + ".");
        }
    }

    /** Opens an arm. */
    public Arm open(String name, long seed) {
        require(name);
        return arms.get(name).apply(seed);
    }

    private Function<Condition, Lookup> oracle(int distractors) {
        return c -> Lookups.oracle(StoredTexts.of(subject, c), distractors);
    }

    private Function<Condition, Lookup> retrieved(int k) {
        return c -> Lookups.retrieved(subject, StoredTexts.of(subject, c), stored, embedding, k);
    }

    private void text(String name, Function<Condition, Lookup> lookups, int width, boolean stores) {
        arms.put(name, seed -> {
            Price price = textPrice(width, stores);
            return new TextArm(name, lm, lookups, () -> price);
        });
    }

    /** Of a store of texts; with a width each has a vector too, and is searched. */
    private Price textPrice(int width, boolean stores) {
        double seconds = stores && width > 0 ? writeSeconds() : 0;
        double searched = width == 0 ? 0 : Flops.embedding(QUESTION);
        double bytes = stores ? Prices.textBytes(subject) + (double) Float.BYTES * width : 0;
        return new Price(seconds, seconds, bytes, 0, 2 * searched, new Flops(lm.config()).token(), searched);
    }

    /** Embedding one sentence, as every store of texts does when it is written. */
    private double writeSeconds() {
        List<Fact> facts = subject.facts();
        embedding.embed(facts.get(0).statement());
        long start = System.nanoTime();
        facts.forEach(f -> embedding.embed(f.statement()));
        return Prices.since(start) / facts.size();
    }

    private void weights(
            String name,
            Kind kind,
            Lessons lessons,
            List<Fact> facts,
            int updates,
            Function<Condition, Lookup> lookups) {
        trained.add(name);
        arms.put(
                name,
                seed -> new TrainedArm(
                        new TrainedArm.Recipe(name, kind, lessons, facts, updates, Math.max(1, steps / 3), seed),
                        lm,
                        load,
                        subject,
                        lookups,
                        lookups == null ? Price.NOTHING : textPrice(embedding.dimension(), true)));
    }

    /** An arm of text, read with the adapter that explicit memories are read with. */
    private void adapted(String of) {
        String name = of + "+reading";
        arms.put(name, seed -> new AdaptedArm(name, arms.get(of).apply(seed), home.resolve("data/adapters/reading")));
    }

    private void recall(RecallArm.Mode mode) {
        String name = switch (mode) {
            case TRUE -> "recall-true";
            case GREEDY -> "recall";
            case SAMPLED -> "recall-t0.8";
            case SEED_SAMPLED -> "recall-seed-t0.8";
            case STORED_TEXT -> "recall+text";
        };
        arms.put(
                name,
                seed -> new RecallArm(
                        name, mode, lm, home.resolve("data/adapters/recall-100"), subject, seed, trainSeconds()));
    }

    private void explicit(String name, Function<Condition, Lookup> lookups, int tokens, String codec) {
        arms.put(
                name,
                seed -> new ExplicitArm(
                        name, lm, home.resolve("data/adapters/reading"), subject, lookups, tokens, codec));
    }

    /** Seconds that the committed recall token's training took for each memory, on the machine that trained it. */
    private double trainSeconds() {
        Path rows = home.resolve("results/bench-recall/full/joint-100-1/rows.csv");
        return Files.exists(rows) ? Csv.read(rows).row(0).getDouble("training_seconds") / Subject.LEARNED : Double.NaN;
    }

    /** Bytes of some files of a folder together. */
    static double bytesIn(Path folder, String... files) {
        double bytes = 0;
        for (String file : files) {
            try {
                bytes += Files.size(folder.resolve(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return bytes;
    }
}
