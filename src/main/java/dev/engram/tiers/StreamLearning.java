package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.LoadOptions.DType;
import dev.engram.model.TrainableDecoder;
import dev.engram.report.Progress;
import dev.engram.tiers.LayerProbes.Answer;
import dev.engram.tiers.LayerProbes.Probe;
import dev.engram.train.Batches;
import dev.engram.train.Example;
import dev.engram.train.Schedule;
import dev.engram.train.SftTask;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainables;
import dev.engram.train.Trainer;
import dev.engram.world.PersonalFact;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A user's facts written into the last layers one after the other (seed 001, "continual fine-tuning ... for streams"), each by a few
 * updates whose rate falls to zero, so that no write can move the weights far. After each write everything told so far is asked again:
 * row i, column j of the forgetting matrix. Where a value has changed, the old one is asked too.
 */
public final class StreamLearning {
    /** Tests of a fact that is still true: questions in trained wordings, questions in held-out ones. */
    public static final List<String> TRUE = List.of(LayerProbes.QUESTIONS, LayerProbes.HELD_OUT);
    /** The value that an update replaced, as the answer to the question for it. */
    public static final String REPLACED = "replaced value";

    private final CausalLm lm;
    private final LayerProbes probes;
    private final List<PersonalFact> stream;

    /**
     * How each fact is written.
     *
     * @param name of the arm
     * @param depth the layers that learn
     * @param steps updates a write
     * @param rate peak rate of the first write
     * @param decay factor of the peak from write to write
     * @param replay examples of earlier facts beside the two of the new one, drawn from a buffer
     * @param buffer places of the buffer; the oldest example leaves first
     * @param purge whether a new value takes the examples of the one it replaces out of the buffer
     * @param seed of the draws
     */
    public record Recipe(
            String name,
            Depth depth,
            int steps,
            double rate,
            double decay,
            int replay,
            int buffer,
            boolean purge,
            long seed) {
        public Recipe {
            if (steps < 1 || replay < 0 || buffer < 1 || !(decay > 0 && decay <= 1)) {
                throw new BadInputException(
                        "A write has " + steps + " updates, " + replay + " replayed examples, a buffer of "
                                + buffer + " and a decay of " + decay
                                + "; give at least 1 update, 0 or more examples, 1 place, and a decay above 0 and up to 1.");
            }
        }

        /** Two last layers, 5 updates a write, no replay. */
        public static Recipe plain(long seed) {
            return new Recipe("constant", Depth.last(2), 5, 5e-4, 1, 0, ContinualBuffer.SIZE, false, seed);
        }

        public Recipe withDecay(String n, double d) {
            return new Recipe(n, depth, steps, rate, d, replay, buffer, purge, seed);
        }

        public Recipe withReplay(String n, int rows) {
            return new Recipe(n, depth, steps, rate, decay, rows, buffer, purge, seed);
        }

        public Recipe withPurge(String n) {
            return new Recipe(n, depth, steps, rate, decay, replay, buffer, true, seed);
        }
    }

    /**
     * One answer.
     *
     * @param write number of the last write, from 0; -1 for the base
     * @param fact number of the fact asked for, from 0
     * @param test see {@link #TRUE} and {@link #REPLACED}; or old facts and ordinary text, once at the end
     */
    public record Row(
            String arm, int write, int fact, String relation, String test, String unit, double exact, double nll) {
        /** Writes since the fact was written. */
        public int lag() {
            return write - fact;
        }
    }

    /** @param stream in the order in which it is written */
    public StreamLearning(CausalLm lm, LayerProbes probes, List<PersonalFact> stream) {
        this.lm = lm;
        this.probes = probes;
        this.stream = List.copyOf(stream);
    }

    /** The first values of some relations in the order of days, then new values of the first of them that change. */
    public static List<PersonalFact> stream(List<PersonalFact> year, int firsts, int updates) {
        Map<String, List<PersonalFact>> byRelation = new LinkedHashMap<>();
        year.forEach(f -> byRelation
                .computeIfAbsent(f.fact().relation(), r -> new ArrayList<>())
                .add(f));
        List<PersonalFact> stream = new ArrayList<>();
        byRelation.values().stream().limit(firsts).forEach(v -> stream.add(v.get(0)));
        byRelation.values().stream()
                .limit(firsts)
                .filter(v -> v.size() > 1)
                .limit(updates)
                .forEach(v -> stream.add(v.get(1)));
        return stream;
    }

    /** Writes the whole stream and asks after each write. */
    public List<Row> run(Recipe recipe) {
        List<Row> rows = new ArrayList<>();
        Deque<Kept> buffer = new ArrayDeque<>();
        SplittableRandom random = new SplittableRandom(recipe.seed());
        try (TrainableDecoder decoder = TrainableDecoder.open(lm.origin().toString(), DType.F32);
                Trainables layers = recipe.depth().open(decoder);
                Progress progress = Progress.start("Stream, " + recipe.name(), stream.size())) {
            rest(recipe, decoder, -1, rows);
            for (int write = 0; write < stream.size(); write++) {
                List<Example> own = TargetFormat.QA.examples(probes.labels(), probes.tokenizer(), stream.get(write));
                String relation = stream.get(write).fact().relation();
                if (recipe.purge()) {
                    buffer.removeIf(k -> k.relation.equals(relation));
                }
                write(recipe, decoder, layers, write, own, drawn(buffer, recipe, random));
                for (Example e : own) {
                    buffer.addLast(new Kept(relation, e));
                    if (buffer.size() > recipe.buffer()) {
                        buffer.removeFirst();
                    }
                }
                ask(recipe, decoder, write, rows);
                progress.step();
            }
            rest(recipe, decoder, stream.size() - 1, rows);
        }
        return rows;
    }

    /** An example in the buffer. */
    private record Kept(String relation, Example example) {}

    /** As many examples as a write replays in all its updates. */
    private static List<Example> drawn(Deque<Kept> buffer, Recipe recipe, SplittableRandom random) {
        List<Example> all = buffer.stream().map(Kept::example).toList();
        List<Example> drawn = new ArrayList<>();
        while (!all.isEmpty() && drawn.size() < recipe.replay() * recipe.steps()) {
            drawn.add(all.get(random.nextInt(all.size())));
        }
        return drawn;
    }

    /** A micro-batch holds the two examples of the new fact and the next ones of the replay. */
    private void write(
            Recipe recipe,
            TrainableDecoder decoder,
            Trainables layers,
            int number,
            List<Example> own,
            List<Example> replay) {
        List<Example> ordered = new ArrayList<>();
        for (int step = 0; step < recipe.steps(); step++) {
            ordered.addAll(own);
            for (int r = 0; r < recipe.replay() && !replay.isEmpty(); r++) {
                ordered.add(replay.get(step * recipe.replay() + r));
            }
        }
        Batches batches = Batches.inOrder(ordered, ordered.size() / recipe.steps(), 256, probes.pad());
        double rate = recipe.rate() * Math.pow(recipe.decay(), number);
        TrainConfig config = TrainConfig.of(recipe.steps(), rate)
                .withName("Write " + (number + 1))
                .withSchedule(Schedule.linear(0));
        new Trainer(layers, config).run(new SftTask(decoder, null, batches, 1));
    }

    private void ask(Recipe recipe, TrainableDecoder decoder, int write, List<Row> rows) {
        List<Probe> asked = new ArrayList<>();
        List<Integer> numbers = new ArrayList<>();
        for (int j = 0; j <= write; j++) {
            PersonalFact fact = stream.get(j);
            boolean replaced = isReplaced(j, write);
            for (Probe p : probes.about(fact, TargetFormat.QA)) {
                if (TRUE.contains(p.test()) && !(replaced && p.test().equals(LayerProbes.HELD_OUT))) {
                    asked.add(replaced ? new Probe(REPLACED, p.unit(), p.example()) : p);
                    numbers.add(j);
                }
            }
        }
        List<Answer> answers = probes.ask(decoder, null, asked);
        for (int i = 0; i < answers.size(); i++) {
            Answer a = answers.get(i);
            rows.add(new Row(recipe.name(), write, numbers.get(i), a.unit(), a.test(), a.unit(), a.exact(), a.nll()));
        }
    }

    private boolean isReplaced(int fact, int write) {
        String relation = stream.get(fact).fact().relation();
        return stream.subList(fact + 1, write + 1).stream()
                .anyMatch(f -> f.fact().relation().equals(relation));
    }

    private void rest(Recipe recipe, TrainableDecoder decoder, int write, List<Row> rows) {
        for (Answer a : probes.ask(decoder, null, probes.rest())) {
            rows.add(new Row(recipe.name(), write, -1, "", a.test(), a.unit(), a.exact(), a.nll()));
        }
    }

    /**
     * The forgetting matrix: mean of a score over the questions of a test, NaN where nothing is asked.
     *
     * @param score such as {@code Row::exact}
     * @return [writes][facts]
     */
    public static double[][] matrix(List<Row> rows, String test, java.util.function.ToDoubleFunction<Row> score) {
        int n = rows.stream().mapToInt(Row::write).max().orElse(-1) + 1;
        double[][] sums = new double[n][n];
        int[][] counts = new int[n][n];
        for (Row r : rows) {
            if (r.test.equals(test) && r.write >= 0 && r.fact >= 0) {
                sums[r.write][r.fact] += score.applyAsDouble(r);
                counts[r.write][r.fact]++;
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                sums[i][j] = counts[i][j] == 0 ? Double.NaN : sums[i][j] / counts[i][j];
            }
        }
        return sums;
    }
}
