package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.train.LoraConfig;
import java.util.List;
import java.util.Locale;

/**
 * How the recall token is trained.
 *
 * @param name of the recipe, for tables
 * @param vectors which vectors memories have
 * @param centred whether the means are subtracted
 * @param injectionScale length of an injected vector
 * @param noise standard deviation per number of the unit vector while training
 * @param one step 1, what the query is
 * @param two step 2, what is said
 */
public record RecallRecipe(
        String name, Vectors vectors, boolean centred, double injectionScale, double noise, StepOne one, StepTwo two) {

    private static final int OTHERS = 150;

    /** Kinds of vectors; see {@link HiddenStateSource}. */
    public enum Vectors {
        LAST_TOKEN,
        MEAN,
        LAYER_MEAN
    }

    /** What step 1 teaches. */
    public enum Alignment {
        /** The seed's: MSE between the state at {@code <recall>} after a text and that text's vector. */
        MSE,
        /** InfoNCE between the state at {@code <recall>} after a question and the memories. */
        CONTRASTIVE
    }

    /**
     * Step 1.
     *
     * @param steps updates; 0 for no step 1
     * @param rows of an update
     * @param ownLora adapters that are merged before step 2; null where step 1 trains those of step 2
     */
    public record StepOne(Alignment alignment, int steps, int rows, LoraConfig ownLora, double learningRate) {
        static final StepOne NONE = new StepOne(Alignment.CONTRASTIVE, 0, 0, null, 0);
    }

    /**
     * Rows of an update of step 2.
     *
     * @param front memory_front
     * @param full memory_full
     * @param nothing memory_full about what is not in the bank; they teach the nothing slot
     * @param sft sft_only
     * @param keep ordinary texts, with KL to the base
     * @param read conversations about facts outside the bank whose text is given: for the query and for answering from what was recalled
     */
    public record Rows(int front, int full, int nothing, int sft, int keep, int read) {}

    /**
     * Step 2.
     *
     * @param steps updates
     * @param queryWeight of InfoNCE in memory_full rows; 0 leaves the query to step 1, as the seed does
     * @param frontWeight of the memory_front term
     * @param sftWeight of the sft_only term
     * @param keepWeight of the KL
     * @param ownQuestions whether a memory_full row is a conversation about its memory; the seed takes any
     * @param labelRecallInFront whether {@code <recall>} is learned after an unrelated context, as in the seed
     * @param contextTokens most tokens of a front row's context
     * @param valueFirst whether an answer begins with the fact's value; then hardly a fact outside the bank is read twice
     */
    public record StepTwo(
            int steps,
            Rows rows,
            double queryWeight,
            double frontWeight,
            double sftWeight,
            double keepWeight,
            boolean ownQuestions,
            boolean labelRecallInFront,
            int contextTokens,
            boolean valueFirst,
            LoraConfig lora,
            double learningRate) {
        StepTwo withSteps(int n) {
            return with(n, rows, labelRecallInFront, learningRate);
        }

        StepTwo withLearningRate(double rate) {
            return with(steps, rows, labelRecallInFront, rate);
        }

        StepTwo withRows(Rows r) {
            return with(steps, r, labelRecallInFront, learningRate);
        }

        StepTwo withLabelRecallInFront(boolean label) {
            return with(steps, rows, label, learningRate);
        }

        StepTwo withValueFirst(boolean first) {
            return with(steps, rows, labelRecallInFront, learningRate, first);
        }

        private StepTwo with(int n, Rows r, boolean label, double rate) {
            return with(n, r, label, rate, valueFirst);
        }

        private StepTwo with(int n, Rows r, boolean label, double rate, boolean first) {
            return new StepTwo(
                    n,
                    r,
                    queryWeight,
                    frontWeight,
                    sftWeight,
                    keepWeight,
                    ownQuestions,
                    label,
                    contextTokens,
                    first,
                    lora,
                    rate);
        }
    }

    public RecallRecipe {
        if (one.steps() < 0 || two.steps() < 0 || one.steps() + two.steps() == 0) {
            throw new BadInputException("The recipe has " + one.steps() + " and " + two.steps()
                    + " steps; neither may be negative, and one must be above 0.");
        }
        if (two.steps() > 0 && two.rows().front() + two.rows().full() == 0) {
            throw new BadInputException("The recipe has neither front nor full rows; give at least one of them.");
        }
    }

    /**
     * Both losses at once, with a KL term: what keeps retrieval, decoding and ordinary language together. Answers begin with the
     * value: taught by paraphrases alone, one answer in five recalls the right text and goes on without it.
     *
     * @param memories how many are learned; rows and updates follow. Up to 8 are for watching: three minutes of training
     */
    public static RecallRecipe joint(int memories) {
        // few rows and many updates: a small set is learned by the number of updates, and a step costs what its tokens
        // cost
        boolean handful = memories <= 8;
        Rows rows = memories <= 24 ? new Rows(6, 3, 1, 1, 6, 2) : new Rows(8, 6, 2, 1, 7, 4);
        StepTwo two = new StepTwo(
                handful ? 30 : Math.max(70, 3 * memories / 2),
                handful ? new Rows(4, 2, 1, 1, 2, 1) : rows,
                0.5,
                2,
                0.2,
                4,
                true,
                false,
                24,
                true,
                LoraConfig.of(16),
                3e-3);
        return new RecallRecipe("joint", Vectors.LAYER_MEAN, true, 32, 0.01, StepOne.NONE, two);
    }

    /**
     * The seed's two steps: MSE of texts on themselves, then decoding in thirds; raw unit vectors of the last token.
     *
     * @param steps updates of each step, of 12 rows; the seed has 100 epochs at a rate of 1e-5
     */
    public static RecallRecipe seed(int steps, double learningRate) {
        LoraConfig queryAndValue = new LoraConfig(4, 8, 0.1, List.of("q_proj", "v_proj"));
        StepTwo two = new StepTwo(
                steps,
                new Rows(4, 4, 0, 4, 0, 0),
                0,
                1,
                1,
                0,
                false,
                true,
                2500,
                false,
                LoraConfig.of(4),
                learningRate);
        return new RecallRecipe(
                "seed",
                Vectors.LAST_TOKEN,
                false,
                1,
                0.01,
                new StepOne(Alignment.MSE, steps, 12, queryAndValue, learningRate),
                two);
    }

    /**
     * A recipe of the tables.
     *
     * @param name joint; seed; paraphrased (joint whose answers are paraphrases without the value in front); front-only (joint without full and
     *     sft_only rows); no-keep (joint without the KL); label-front (joint with {@code <recall>} learned after any context); two-steps (a contrastive step 1, then decoding without it)
     */
    public static RecallRecipe named(String name, int memories) {
        RecallRecipe joint = joint(memories).withName(name);
        Rows r = joint.two().rows();
        return switch (name) {
            case "joint" -> joint;
            case "seed" -> seed(Math.max(40, memories), 1e-3);
            case "front-only" -> joint.withRows(new Rows(r.front() + r.full(), 0, 0, 0, 0, 0));
            case "no-keep" -> joint.withRows(new Rows(r.front(), r.full(), r.nothing(), r.sft(), 0, r.read()));
            case "paraphrased" -> joint.withStepTwo(joint.two.withValueFirst(false));
            case "label-front" -> joint.withLabelRecallInFront(true);
            case "two-steps" ->
                new RecallRecipe(
                        name,
                        joint.vectors,
                        true,
                        joint.injectionScale,
                        joint.noise,
                        new StepOne(Alignment.CONTRASTIVE, Math.max(40, memories) / 2, 12, null, 1e-3),
                        new StepTwo(
                                joint.two.steps,
                                new Rows(r.front(), r.full(), 0, r.sft(), r.keep(), 0),
                                0,
                                joint.two.frontWeight,
                                joint.two.sftWeight,
                                joint.two.keepWeight,
                                true,
                                false,
                                joint.two.contextTokens,
                                false,
                                joint.two.lora,
                                joint.two.learningRate));
            default ->
                throw new BadInputException("The recipe is '" + name
                        + "'; it must be joint, seed, paraphrased, front-only, no-keep, label-front or two-steps.");
        };
    }

    /**
     * Facts outside the bank that stand among the candidates: 150, or with answers that begin with the value as many as are read, so
     * that hardly one comes twice and what is learned is asking and copying, not the facts.
     */
    int others() {
        return two.valueFirst() ? Math.max(OTHERS, two.steps() * two.rows().read()) : OTHERS;
    }

    /** A later round: the joint recipe with fewer updates and a lower rate, so that what was learned stays. */
    public static RecallRecipe nextRound(int memories) {
        return joint(memories).withName("next-round").withSteps(60).withLearningRate(2e-3);
    }

    /** One line that tells this recipe from others. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "%s: %s%s x %s, step 1 %s %d x %d, step 2 %d x %s at %s",
                name,
                centred ? "centred " : "",
                vectors.name().toLowerCase(Locale.ROOT),
                injectionScale,
                one.alignment().name().toLowerCase(Locale.ROOT),
                one.steps(),
                one.rows(),
                two.steps(),
                two.rows(),
                two.learningRate());
    }

    public RecallRecipe withName(String n) {
        return new RecallRecipe(n, vectors, centred, injectionScale, noise, one, two);
    }

    public RecallRecipe withStepOne(StepOne o) {
        return new RecallRecipe(name, vectors, centred, injectionScale, noise, o, two);
    }

    private RecallRecipe withStepTwo(StepTwo t) {
        return new RecallRecipe(name, vectors, centred, injectionScale, noise, one, t);
    }

    /** Updates of step 2. */
    public RecallRecipe withSteps(int n) {
        return withStepTwo(two.withSteps(n));
    }

    /** Peak learning rate of step 2. */
    public RecallRecipe withLearningRate(double rate) {
        return withStepTwo(two.withLearningRate(rate));
    }

    public RecallRecipe withRows(Rows rows) {
        return withStepTwo(two.withRows(rows));
    }

    public RecallRecipe withLabelRecallInFront(boolean label) {
        return withStepTwo(two.withLabelRecallInFront(label));
    }
}
