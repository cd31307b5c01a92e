package dev.engram.recall;

/**
 * One training sequence.
 *
 * @param ids token ids
 * @param labels id to be predicted at each place, −100 where nothing is learned; not shifted
 * @param recallAt place of {@code <recall>}, −1 without one
 * @param insertAt place of {@code <|memory_pad|>}, where the vector goes; −1 without one
 * @param memory number of the memory, {@link #NOTHING} for the nothing slot, −1 without one
 * @param sample original index of the conversation, −1 without one
 */
public record RecallRow(Type type, int[] ids, int[] labels, int recallAt, int insertAt, int memory, int sample) {
    public static final int IGNORED = -100;
    public static final int NOTHING = -2;

    /** The seed's three kinds of sequences. */
    public enum Type {
        MEMORY_FRONT,
        MEMORY_FULL,
        SFT_ONLY
    }

    /** Ids without labels: a query at the last one, or a text whose predictions are compared. */
    static RecallRow unlabelled(int[] ids, int memory) {
        int[] none = new int[ids.length];
        java.util.Arrays.fill(none, IGNORED);
        return new RecallRow(Type.SFT_ONLY, ids, none, ids.length - 1, -1, memory, -1);
    }

    /** The same with nothing learned of the memory's text, which ends before {@code end}. */
    RecallRow withoutMemoryLabels(int end) {
        int[] fewer = labels.clone();
        for (int i = insertAt + 1; ids[i] != end; i++) {
            fewer[i] = IGNORED;
        }
        return new RecallRow(type, ids, fewer, recallAt, insertAt, memory, sample);
    }

    /** Tokens before {@code <recall>}. */
    int contextLength() {
        return recallAt < 0 ? ids.length : recallAt;
    }

    /** The line of the log. */
    String describe() {
        return type.name().toLowerCase(java.util.Locale.ROOT) + ": sample " + sample + ", memory " + memory
                + ", context " + contextLength() + ", vector at " + insertAt + ", " + ids.length + " tokens";
    }
}
