package dev.engram.dual;

import dev.engram.model.BadInputException;
import dev.engram.train.Schedule;
import dev.engram.train.TrainConfig;
import dev.engram.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Small LMCODE models trained from scratch, arm by arm, on associative recall beyond the window: with and without memories, with
 * several update rates and shares of replay. Rows come back as records; nothing is written to files.
 *
 * <pre>{@code
 * LmcodeExperiment experiment = LmcodeExperiment.quick();
 * try (LmcodeExperiment.Run run = experiment.train(LmcodeExperiment.Arm.of(Memories.LONG_TERM), 1)) {
 *     run.curve().forEach(System.out::println);   // accuracy on fresh texts, step by step
 *     run.layers().forEach(System.out::println);  // gates and gradient norms, layer by layer
 *     Lmcode model = run.model();                 // the trained model
 *     run.stepsTo(0.9);                           // updates until 90 %, or -1
 * }
 * }</pre>
 *
 * @param task what is learned
 * @param steps updates of an arm
 * @param batch texts of an update
 * @param rate peak learning rate
 * @param every updates between two evaluations
 * @param fresh texts of an evaluation, never trained on
 */
public record LmcodeExperiment(AssociativeRecall task, int steps, int batch, double rate, int every, int fresh) {
    private static final long FRESH = 7_000_000;

    /**
     * One way to train.
     *
     * @param name for tables
     * @param memories which memories the model has
     * @param updateRate η of the short-term memory
     * @param replay memory_sample_ratio
     * @param texts how many different texts there are; 0 for new ones in every batch, which leaves nothing to replay but what is past
     */
    public record Arm(String name, Memories memories, double updateRate, double replay, int texts) {
        /** Memories with the seed's update rate, no replay, new texts in every batch. */
        public static Arm of(Memories memories) {
            return new Arm(memories.name().toLowerCase(java.util.Locale.ROOT), memories, 0.01, 0, 0);
        }

        public Arm withUpdateRate(double eta) {
            return new Arm(name + " eta " + eta, memories, eta, replay, texts);
        }

        /** Replay of a share, over a finite number of texts. */
        public Arm withReplay(double share, int ofTexts) {
            return new Arm(name + " replay " + share, memories, updateRate, share, ofTexts);
        }
    }

    /**
     * A point of a learning curve.
     *
     * @param step updates so far
     * @param loss mean training loss since the point before, nats
     * @param accuracy on fresh texts
     * @param gradientNorm of the last update, before clipping
     * @param seconds of training so far
     */
    public record Point(
            String arm, long seed, int step, double loss, double accuracy, double gradientNorm, double seconds) {}

    /**
     * Gates and gradients of one layer at one point.
     *
     * @param attention norm of the gradient of its self-attention
     * @param feedForward of its feed-forward part
     * @param shortTerm of its short-term memory; 0 where it has none
     * @param longTerm of its long-term memory's projections and gate
     * @param trace what its gates did
     */
    public record LayerPoint(
            String arm,
            long seed,
            int step,
            int layer,
            double attention,
            double feedForward,
            double shortTerm,
            double longTerm,
            LayerTrace trace) {}

    /** A trained model and how it came about; close it to free the model. */
    public record Run(
            Arm arm, long seed, Lmcode model, List<Point> curve, List<LayerPoint> layers, List<Sample> freshTexts)
            implements AutoCloseable {
        /** Updates until this accuracy on fresh texts; −1 where it was not reached. */
        public int stepsTo(double accuracy) {
            return curve.stream()
                    .filter(p -> p.accuracy() >= accuracy)
                    .mapToInt(Point::step)
                    .findFirst()
                    .orElse(-1);
        }

        /** Accuracy at the end. */
        public double accuracy() {
            return curve.get(curve.size() - 1).accuracy();
        }

        /** The trained model on the fresh texts with some of its memories off. */
        public Evaluation with(Memories memories) {
            return Evaluation.of(model, freshTexts, memories);
        }

        /** Right or wrong for each fresh text: the share of its questions, for intervals over texts. */
        public double[] perText(Memories memories) {
            return freshTexts.stream()
                    .mapToDouble(t -> Evaluation.of(model, List.of(t), memories).accuracy())
                    .toArray();
        }

        @Override
        public void close() {
            model.close();
        }
    }

    public LmcodeExperiment {
        if (steps < 1 || batch < 1 || every < 1 || fresh < 1) {
            throw new BadInputException("The experiment has " + steps + " steps, batches of " + batch
                    + ", an evaluation every " + every + " steps on " + fresh + " texts; all must be 1 or more.");
        }
    }

    /** 8 pairs, 16 values, one segment of filler: a long-term memory learns it in some 60 updates, 10 seconds of one free core. */
    public static LmcodeExperiment quick() {
        return new LmcodeExperiment(new AssociativeRecall(32, 16, 8, 1, 8), 80, 32, 3e-3, 5, 128);
    }

    /** The same task for longer, with more fresh texts. */
    public static LmcodeExperiment full() {
        return new LmcodeExperiment(new AssociativeRecall(32, 16, 8, 1, 8), 200, 32, 3e-3, 5, 256);
    }

    /**
     * For the short-term memory alone, which learns slowly: 4 pairs. With an update rate of 1 it leaves chance within 100 updates, at
     * the seed's 0.01 it needs several hundred.
     *
     * @param steps 200 shows the difference between 1 and 0.01, 1500 that between 0.01 and 0.001
     */
    public static LmcodeExperiment shortTerm(int steps) {
        return new LmcodeExperiment(new AssociativeRecall(32, 16, 4, 1, 8), steps, 16, 3e-3, 25, 128);
    }

    /** The shape of the models. */
    public LmcodeConfig config(Arm arm) {
        return LmcodeConfig.tiny(task.vocab(), task.window())
                .withMemories(arm.memories())
                .withUpdateRate(arm.updateRate());
    }

    /** Trains an arm. */
    public Run train(Arm arm, long seed) {
        Lmcode model = Lmcode.create(config(arm), seed);
        List<Sample> texts = IntStream.range(0, fresh)
                .mapToObj(i -> task.sample(seed, FRESH + i))
                .toList();
        List<Point> curve = new ArrayList<>();
        List<LayerPoint> layers = new ArrayList<>();
        LayerGradients gradients = new LayerGradients(model);
        List<LayerTrace> trace = new ArrayList<>();
        MemoryTask learning = new MemoryTask(model, batches(arm, seed), task + ", " + arm + ", seed " + seed)
                .watch((step, state) -> {
                    trace.clear();
                    trace.addAll(state.trace());
                });
        double[] sums = new double[2]; // of losses since the last point, of all seconds
        TrainConfig config = TrainConfig.of(steps, rate)
                .withName("LMCODE, " + arm.name() + ", seed " + seed)
                .withSchedule(Schedule.linear(Math.min(20, steps / 4)));
        new Trainer(gradients, config)
                .onStep(e -> {
                    sums[0] += e.loss();
                    sums[1] += e.seconds();
                    int done = e.step() + 1;
                    if (done % every == 0 || done == steps) {
                        int since = done % every == 0 ? every : done % every;
                        double accuracy =
                                Evaluation.of(model, texts, arm.memories()).accuracy();
                        curve.add(new Point(
                                arm.name(), seed, done, sums[0] / since, accuracy, e.gradientNorm(), sums[1]));
                        layers.addAll(points(arm, seed, done, gradients, trace));
                        sums[0] = 0;
                    }
                })
                .run(learning);
        return new Run(arm, seed, model, List.copyOf(curve), List.copyOf(layers), texts);
    }

    private MemoryTask.Batches batches(Arm arm, long seed) {
        int n = arm.texts() > 0 ? arm.texts() : steps * batch;
        List<Sample> data =
                IntStream.range(0, n).mapToObj(i -> task.sample(seed, i)).toList();
        MemoryDataset dataset = new MemoryDataset(data, arm.replay(), seed);
        return step -> dataset.batch(step, batch);
    }

    private static List<LayerPoint> points(
            Arm arm, long seed, int step, LayerGradients gradients, List<LayerTrace> trace) {
        return IntStream.range(0, trace.size())
                .mapToObj(i -> new LayerPoint(
                        arm.name(),
                        seed,
                        step,
                        i,
                        gradients.norm(i, LayerGradients.Part.ATTENTION),
                        gradients.norm(i, LayerGradients.Part.FEED_FORWARD),
                        gradients.norm(i, LayerGradients.Part.SHORT_TERM),
                        gradients.norm(i, LayerGradients.Part.LONG_TERM),
                        trace.get(i)))
                .toList();
    }
}
