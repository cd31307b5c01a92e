package dev.engram.cli;

import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Texts from files and from standard input, which must be UTF-8. */
final class TextInput {
    /** Stands for standard input where a file or a text is expected. */
    static final String STANDARD_INPUT = "-";

    private final Streams streams;

    TextInput(Streams streams) {
        this.streams = streams;
    }

    /** A flag's text; "-" and, in a pipe, no text at all mean standard input without its last line end. */
    String textOrInput(String flag, String text) {
        if (text != null && !text.equals(STANDARD_INPUT)) {
            return text;
        }
        if (text == null && streams.fromTerminal()) {
            throw new BadInputException("There is no text; give one with " + flag + " or pipe it in.");
        }
        String all = input();
        return all.endsWith("\r\n")
                ? all.substring(0, all.length() - 2)
                : all.endsWith("\n") ? all.substring(0, all.length() - 1) : all;
    }

    /** A file's text, unchanged; "-" means standard input. */
    String file(String name) {
        if (name.equals(STANDARD_INPUT)) {
            return input();
        }
        try {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                throw new BadInputException("--file is '" + name + "', which is a folder; give a text file.");
            }
            return decode(Files.readAllBytes(path), name);
        } catch (InvalidPathException e) {
            throw new BadInputException(
                    "--file is '" + name + "', which is no file name in this locale; set LC_ALL=C.UTF-8.", e);
        } catch (NoSuchFileException e) {
            throw new BadInputException(
                    "--file is '" + name + "', which does not exist; give the path of a text file.", e);
        } catch (IOException e) {
            throw new BadInputException(name + " cannot be read (" + e.getMessage() + "); check its permissions.", e);
        }
    }

    private String input() {
        try {
            return decode(streams.in().readAllBytes(), "Standard input");
        } catch (IOException e) {
            throw new BadInputException(
                    "Standard input cannot be read (" + e.getMessage() + "); give the text with a flag.", e);
        }
    }

    private static String decode(byte[] bytes, String name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadInputException(
                    name + " is not UTF-8 text; convert it first, for example with iconv -t UTF-8.", e);
        }
    }
}
