package dev.engram.dual;

import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Use cases of seed 004 at the size of a small model, on invented facts that no weights know: answering from what was read
 * (knowledge), after many other segments (long texts), from one user's state and not another's (personal), after a value changed
 * (a conversation), and facts in sequence, kept in slots or in weights (continual learning).
 *
 * @param texts what is read
 * @param steps updates of a model that learns to read
 * @param batch texts of an update
 * @param rate peak learning rate
 * @param held texts of each test
 */
public record FactExperiment(FactTexts texts, int steps, int batch, double rate, int held) {
    private static final int TESTS = 7_000_000;
    private static final int[] DISTANCES = {1, 4, 16};
    /** Slots of a store: all facts of {@link #sequence} fit. */
    private static final int SLOTS = 2048;

    private static final int STAGES = 3;

    /**
     * One text's answers.
     *
     * @param part use case
     * @param arm memories of the model, or what is compared
     * @param x segments between telling and asking, or stage; else 0
     * @param text its number
     * @param value share of right answers
     */
    public record Row(String part, String arm, long seed, double x, int text, double value) {}

    /** 180 updates of 32 texts, 48 texts of each test. */
    public static FactExperiment of(FactTexts texts) {
        return new FactExperiment(texts, 180, 32, 3e-3, 48);
    }

    private LmcodeConfig config(Memories memories) {
        return LmcodeConfig.tiny(texts.vocab(), texts.window())
                .withSlots(16, SLOTS)
                .withMemories(memories);
    }

    /** Trains a model to read, and asks it. */
    public List<Row> reading(Memories memories, long seed) {
        List<Row> rows = new ArrayList<>();
        try (Lmcode model = Lmcode.create(config(memories), seed)) {
            learn(
                    model,
                    "reading, " + memories + ", seed " + seed,
                    steps,
                    step -> IntStream.range(0, batch)
                            .mapToObj(i -> texts.training(1, seed, (long) step * batch + i))
                            .toList());
            String arm = memories.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            rows.addAll(test("knowledge", arm + ", drawn values", seed, 0, model, n -> texts.training(1, seed, n)));
            rows.addAll(test("knowledge", arm + ", true facts", seed, 0, model, n -> texts.truth(1, seed, n)));
            for (int d : memories == Memories.NONE ? new int[0] : DISTANCES) {
                rows.addAll(test("distance", arm, seed, d, model, n -> texts.truth(d, seed, n)));
            }
            if (memories != Memories.NONE) {
                rows.addAll(test("personal", arm + ", own state", seed, 0, model, n -> user(n, seed, true)));
                rows.addAll(test("personal", arm + ", another's state", seed, 0, model, n -> user(n, seed, false)));
                rows.addAll(test("dialogue", arm + ", new value", seed, 0, model, n -> changed(n, seed, true)));
                rows.addAll(test("dialogue", arm + ", old value", seed, 0, model, n -> changed(n, seed, false)));
                rows.addAll(sequence(model, arm + ", slots", seed));
            }
        }
        return rows;
    }

    /** A user told values of his own; asked with them, or with what another user told. */
    private Sample user(long number, long seed, boolean own) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        List<FactTexts.Known> facts = texts.draw(random);
        List<FactTexts.Known> his = texts.otherValues(facts, random);
        return texts.told(own ? his : facts, his.subList(0, texts.each()), 1, random);
    }

    /** Values told, others, new values told, others, asked: which ones are answered? */
    private Sample changed(long number, long seed, boolean asNew) {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        List<FactTexts.Known> drawn = texts.draw(random);
        List<FactTexts.Known> first = drawn.subList(0, texts.each());
        List<FactTexts.Known> later = texts.otherValues(first, random);
        return texts.sample(
                List.of(
                        first,
                        texts.others(drawn, 0, random),
                        later,
                        texts.others(drawn, 1, random),
                        asNew ? later : first),
                4);
    }

    /** All facts told in three stages, without an update; after the last one, what is right of each stage. */
    private List<Row> sequence(Lmcode model, String arm, long seed) {
        List<List<FactTexts.Known>> segments = segments();
        List<Row> rows = new ArrayList<>();
        for (int stage = 0; stage < STAGES; stage++) {
            List<List<FactTexts.Known>> text = new ArrayList<>(segments);
            text.addAll(stage(segments, stage));
            Sample sample = texts.sample(text, segments.size());
            rows.addAll(each("continual", arm, seed, stage, model, List.of(sample)));
        }
        return rows;
    }

    /**
     * The same facts in three stages of gradient steps on questions, without memories: what is right of each stage after the last.
     *
     * @param updates of a stage
     * @param replay share of a batch from earlier stages
     */
    public List<Row> weights(int updates, double replay, long seed) {
        List<List<FactTexts.Known>> segments = segments();
        List<Row> rows = new ArrayList<>();
        try (Lmcode model = Lmcode.create(config(Memories.NONE), seed)) {
            List<Sample> before = new ArrayList<>();
            for (int stage = 0; stage < STAGES; stage++) {
                List<Sample> own = asked(stage(segments, stage));
                List<Sample> earlier = List.copyOf(before);
                int again = earlier.isEmpty() ? 0 : (int) Math.round(replay * batch);
                learn(model, "stage " + stage + ", replay " + replay + ", seed " + seed, updates, step -> {
                    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
                    List<Sample> rowsOf = new ArrayList<>();
                    for (int i = 0; i < batch; i++) {
                        List<Sample> from = i < again ? earlier : own;
                        rowsOf.add(from.get(random.nextInt(from.size())));
                    }
                    return rowsOf;
                });
                before.addAll(own);
            }
            for (int stage = 0; stage < STAGES; stage++) {
                rows.addAll(each(
                        "continual", "weights, replay " + replay, seed, stage, model, asked(stage(segments, stage))));
            }
        }
        return rows;
    }

    /** All facts in the order in which they became known. */
    private List<List<FactTexts.Known>> segments() {
        List<FactTexts.Known> facts = texts.facts();
        int n = facts.size() / texts.each();
        return IntStream.range(0, n)
                .mapToObj(i -> facts.subList(i * texts.each(), (i + 1) * texts.each()))
                .toList();
    }

    private static <T> List<T> stage(List<T> all, int stage) {
        return all.subList(stage * all.size() / STAGES, (stage + 1) * all.size() / STAGES);
    }

    private List<Sample> asked(List<List<FactTexts.Known>> segments) {
        return segments.stream().map(s -> texts.sample(List.of(s), 0)).toList();
    }

    private List<Row> test(String part, String arm, long seed, double x, Lmcode model, IntFunction<Sample> test) {
        return each(
                part,
                arm,
                seed,
                x,
                model,
                IntStream.range(0, held).mapToObj(i -> test.apply(TESTS + i)).toList());
    }

    /** Texts one by one, each with memories of its own. */
    private static List<Row> each(String part, String arm, long seed, double x, Lmcode model, List<Sample> samples) {
        return IntStream.range(0, samples.size())
                .mapToObj(i -> new Row(
                        part,
                        arm,
                        seed,
                        x,
                        i,
                        Evaluation.of(
                                        model,
                                        List.of(samples.get(i)),
                                        model.config().memories())
                                .accuracy()))
                .toList();
    }

    private void learn(Lmcode model, String name, int updates, MemoryTask.Batches batches) {
        TrainConfig config = TrainConfig.of(updates, rate)
                .withName("Facts, " + name)
                .withSchedule(Schedule.linear(Math.min(20, updates / 4)));
        new Trainer(model, config).run(new MemoryTask(model, batches, name));
    }
}
