package dev.engram.recall;

import dev.engram.model.BadInputException;

/**
 * How a generation recalls.
 *
 * @param enabled the seed's autoregressive_recall.enabled; false leaves generation exactly as it is without a bank
 * @param maxRecalls most recalls in one answer; then {@code <recall>} cannot be chosen any more
 * @param injectionScale length of the injected vector; 1 in the seed
 * @param recallBias added to the logit of {@code <recall>}, in nats; 0 in the seed. Below 0 recalls become rarer
 * @param storedText when a memory's stored text follows the vector instead of what the model makes of it
 */
public record RecallSettings(
        boolean enabled, int maxRecalls, double injectionScale, double recallBias, StoredText storedText) {
    /** When the stored text is put into the answer. */
    public enum StoredText {
        /** The model always says the text itself, as in the seed. */
        NEVER,
        /** For memories the model was not trained on. */
        UNLEARNED,
        /** Always: retrieval by the recall token, reading as in RAG. */
        ALWAYS
    }

    public RecallSettings {
        if (maxRecalls < 1) {
            throw new BadInputException("The cap of recalls is " + maxRecalls + "; give at least 1, or disable them.");
        }
        if (!(injectionScale > 0) || Double.isInfinite(injectionScale)) {
            throw new BadInputException("The injection scale is " + injectionScale + "; give a positive number.");
        }
        if (!Double.isFinite(recallBias)) {
            throw new BadInputException(
                    "The bias of recalling is " + recallBias + "; give a finite number, 0 for none.");
        }
    }

    /** The seed: unit vectors, no cap that would ever bind. */
    public static RecallSettings seed() {
        return new RecallSettings(true, Integer.MAX_VALUE, 1, 0, StoredText.NEVER);
    }

    /** What learns best at this size: vectors of length 32, at most 4 recalls, stored text for what is new. */
    public static RecallSettings defaults() {
        return new RecallSettings(true, 4, 32, 0, StoredText.UNLEARNED);
    }

    public RecallSettings withEnabled(boolean on) {
        return new RecallSettings(on, maxRecalls, injectionScale, recallBias, storedText);
    }

    public RecallSettings withMaxRecalls(int most) {
        return new RecallSettings(enabled, most, injectionScale, recallBias, storedText);
    }

    public RecallSettings withInjectionScale(double scale) {
        return new RecallSettings(enabled, maxRecalls, scale, recallBias, storedText);
    }

    public RecallSettings withRecallBias(double bias) {
        return new RecallSettings(enabled, maxRecalls, injectionScale, bias, storedText);
    }

    public RecallSettings withStoredText(StoredText when) {
        return new RecallSettings(enabled, maxRecalls, injectionScale, recallBias, when);
    }
}
