package dev.engram.train;

import dev.engram.model.BadInputException;

/** A checkpoint is intact, but belongs to another run: an older one would not fit either. */
final class MismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
        super(message);
    }

    BadInputException told() {
        return new BadInputException(getMessage(), this);
    }
}
