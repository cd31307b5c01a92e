package dev.engram.model;

/**
 * Something the user gave (a file, a flag, a value) cannot be used. The message is one sentence that names the file or
 * flag, the value found and the remedy; the command line prints it without a stack trace and exits with code 2.
 */
public final class BadInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BadInputException(String message) {
        super(message);
    }

    public BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
