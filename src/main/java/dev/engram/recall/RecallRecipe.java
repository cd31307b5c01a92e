package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.train.LoraConfig;
import java.util.Locale;

/**
 * How the recall token is trained.
 *
 * @param name of the recipe, for tables
 * @param vectors which vectors memories have
 * @param centred whether the means are subtracted
 * @param injectionScale length of an injected vector
 * @param noise standard deviation per number of the unit vector while training
 * @param alignment what step 1 teaches the query
 * @param alignSteps updates of step 1; 0 for none
 * @param alignRows rows of one of them
 * @param steps updates of step 2
 * @param front memory_front rows of an update
 * @param full memory_full rows
 * @param nothing rows about what is not in the bank; they teach the nothing slot
 * @param sft sft_only rows
 * @param keep rows of the base's own samples, with KL to the base
 * @param align rows for the query alone, about facts outside the bank
 * @param queryWeight of InfoNCE in memory_full rows; 0 leaves the query to step 1, as the seed does
 * @param keepWeight of the KL
 * @param ownQuestions whether a memory_full row is a conversation about its memory; the seed takes any
 * @param labelRecallInFront whether {@code <recall>} is learned after an unrelated context, as in the seed
 * @param contextTokens most tokens of a front row's context
 * @param lora of step 2
 * @param alignLora of step 1; null where step 1 trains the adapters of step 2
 * @param learningRate of step 2
 * @param alignRate of step 1
 */
public record RecallRecipe(
        String name,
        Vectors vectors,
        boolean centred,
        double injectionScale,
        double noise,
        Alignment alignment,
        int alignSteps,
        int alignRows,
        int steps,
        int front,
        int full,
        int nothing,
        int sft,
        int keep,
        int align,
        double queryWeight,
        double keepWeight,
        boolean ownQuestions,
        boolean labelRecallInFront,
        int contextTokens,
        LoraConfig lora,
        LoraConfig alignLora,
        double learningRate,
        double alignRate) {

    /** Kinds of vectors. */
    public enum Vectors {
        LAST_TOKEN,
        MEAN,
        LAYER_MEAN
    }

    /** What step 1 teaches. */
    public enum Alignment {
        NONE,
        /** The seed's: MSE between the state at {@code <recall>} after a text and that text's vector. */
        MSE,
        /** InfoNCE between the state at {@code <recall>} after a question and the memories. */
        CONTRASTIVE
    }

    public RecallRecipe {
        if (steps < 0 || alignSteps < 0 || steps + alignSteps == 0) {
            throw new BadInputException("The recipe has " + alignSteps + " and " + steps
                    + " steps; neither may be negative, and one must be above 0.");
        }
        if (steps > 0 && front + full == 0) {
            throw new BadInputException("The recipe has neither front nor full rows; give at least one of them.");
        }
    }

    /**
     * Both losses at once, with a KL term: what keeps retrieval, decoding and ordinary language together.
     *
     * @param memories how many are learned; the number of updates follows
     */
    public static RecallRecipe joint(int memories) {
        int steps = Math.max(40, memories);
        int rows = memories <= 24 ? 4 : 8;
        return new RecallRecipe(
                "joint",
                Vectors.LAYER_MEAN,
                true,
                32,
                0.01,
                Alignment.NONE,
                0,
                0,
                steps,
                rows,
                rows,
                1,
                1,
                2,
                2,
                1,
                2,
                true,
                false,
                24,
                LoraConfig.of(16),
                null,
                1e-3,
                0);
    }

    /**
     * The seed's two steps: MSE of texts on themselves, then decoding in thirds; raw unit vectors of the last token.
     *
     * @param steps updates of each step, of 12 rows; the seed has 100 epochs at 1e-5
     */
    public static RecallRecipe seed(int steps, double learningRate) {
        return new RecallRecipe(
                "seed",
                Vectors.LAST_TOKEN,
                false,
                1,
                0.01,
                Alignment.MSE,
                steps,
                12,
                steps,
                4,
                4,
                0,
                4,
                0,
                0,
                0,
                0,
                false,
                true,
                2500,
                LoraConfig.of(4),
                new LoraConfig(4, 8, 0.1, java.util.List.of("q_proj", "v_proj")),
                learningRate,
                learningRate);
    }

    /** Whether the rows of step 2 hold everything that one of the names says; for logs and file names. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "%s: %s%s x %s, step 1 %s %d x %d, step 2 %d x (%d front, %d full, %d nothing, %d sft, %d keep, %d align), rate %s",
                name,
                centred ? "centred " : "",
                vectors.name().toLowerCase(Locale.ROOT),
                injectionScale,
                alignment.name().toLowerCase(Locale.ROOT),
                alignSteps,
                alignRows,
                steps,
                front,
                full,
                nothing,
                sft,
                keep,
                align,
                learningRate);
    }

    public RecallRecipe withName(String n) {
        return copy(n, steps, front, full, sft, labelRecallInFront, keep);
    }

    public RecallRecipe withSteps(int n) {
        return copy(name, n, front, full, sft, labelRecallInFront, keep);
    }

    /** Rows of an update of step 2. */
    public RecallRecipe withRows(int frontRows, int fullRows, int sftRows) {
        return copy(name, steps, frontRows, fullRows, sftRows, labelRecallInFront, keep);
    }

    /** Without the KL term. */
    public RecallRecipe withKeep(int rows) {
        return copy(name, steps, front, full, sft, labelRecallInFront, rows);
    }

    public RecallRecipe withLabelRecallInFront(boolean label) {
        return copy(name, steps, front, full, sft, label, keep);
    }

    private RecallRecipe copy(String n, int s, int f, int m, int c, boolean label, int k) {
        return new RecallRecipe(
                n,
                vectors,
                centred,
                injectionScale,
                noise,
                alignment,
                alignSteps,
                alignRows,
                s,
                f,
                m,
                nothing,
                c,
                k,
                align,
                queryWeight,
                keepWeight,
                ownQuestions,
                label,
                contextTokens,
                lora,
                alignLora,
                learningRate,
                alignRate);
    }
}
