package dev.engram.explicit;

import dev.engram.model.BadInputException;
import java.io.Serializable;

/**
 * A text that is to become a memory.
 *
 * @param id unique in a bank; without tabs and line ends
 */
public record Reference(String id, String text) implements Serializable {
    private static final long serialVersionUID = 1;

    public Reference {
        if (id.isBlank() || id.chars().anyMatch(c -> c == '\t' || c == '\n' || c == '\r')) {
            throw new BadInputException(
                    "A reference has the id '" + id + "'; give one that is not empty and has no tab and no line end.");
        }
    }
}
