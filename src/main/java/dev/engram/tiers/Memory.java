package dev.engram.tiers;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.embedding.Embedding;
import java.nio.charset.StandardCharsets;

/**
 * Something that was said and is kept.
 *
 * @param id unique in its memory
 * @param text as it was said
 * @param vector its embedding
 * @param day when it was said, in days
 * @param importance 0 to 1
 */
public record Memory(String id, String text, Embedding vector, double day, double importance) {
    public Memory {
        if (!(importance >= 0 && importance <= 1)) {
            throw new BadInputException("The importance of '" + id + "' is " + importance + "; give 0 to 1.");
        }
    }

    /** Bytes of the vector in f32 and of the text in UTF-8: what equal budgets count. */
    public long bytes() {
        return 4L * vector.dimension() + text.getBytes(StandardCharsets.UTF_8).length;
    }
}
