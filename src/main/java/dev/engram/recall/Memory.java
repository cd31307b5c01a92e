package dev.engram.recall;

import dev.engram.model.BadInputException;

/**
 * What is kept beside a memory's vector. The seed keeps vectors only, so that its memories cannot be listed, cited, edited
 * or trained again.
 *
 * @param id unique in a bank
 * @param text what the vector stands for
 * @param source where it came from, such as a conversation or a file; may be empty
 * @param index original index in that source, or −1
 * @param importance for eviction; larger is kept longer
 * @param learned whether the model was trained to say the text from the vector; a memory written since is answered through its
 *     stored text
 */
public record Memory(String id, String text, String source, int index, double importance, boolean learned) {
    public Memory {
        if (id.isBlank() || text.isBlank()) {
            throw new BadInputException("A memory has the id '" + id + "' and the text '" + text
                    + "'; give it an id and at least one word of text.");
        }
        if (!Double.isFinite(importance)) {
            throw new BadInputException(
                    "Memory '" + id + "' has the importance " + importance + "; give a finite number.");
        }
    }

    /** A memory of ordinary importance without a source. */
    public static Memory of(String id, String text) {
        return new Memory(id, text, "", -1, 1, false);
    }

    /** The same memory with another text, which the model has not learned. */
    Memory withText(String other) {
        return new Memory(id, other, source, index, importance, false);
    }

    Memory withLearned(boolean now) {
        return new Memory(id, text, source, index, importance, now);
    }
}
