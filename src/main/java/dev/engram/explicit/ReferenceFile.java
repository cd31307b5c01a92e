package dev.engram.explicit;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.engram.model.BadInputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * References from a file: JSON lines with {@code id} and {@code text}, or plain text whose paragraphs are references. What is too long
 * for one memory is cut where sentences end.
 */
public final class ReferenceFile {
    private static final Gson JSON = new Gson();

    private ReferenceFile() {}

    /**
     * Reads a file.
     *
     * @param tokens counts a text's tokens
     * @param most tokens of one reference
     */
    public static List<Reference> read(Path file, ToIntFunction<String> tokens, int most) {
        List<Reference> whole = file.toString().endsWith(".jsonl") ? jsonLines(file) : paragraphs(file);
        if (whole.isEmpty()) {
            throw new BadInputException(file + " holds no reference; give at least one line or paragraph.");
        }
        List<Reference> all = new ArrayList<>();
        for (Reference r : whole) {
            List<String> pieces = split(r.text(), tokens, most);
            for (int i = 0; i < pieces.size(); i++) {
                all.add(pieces.size() == 1 ? r : new Reference(r.id() + "-" + (i + 1), pieces.get(i)));
            }
        }
        return all;
    }

    private static List<Reference> jsonLines(Path file) {
        List<Reference> all = new ArrayList<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            try {
                Reference r = JSON.fromJson(lines.get(i), Reference.class);
                if (r.id() == null || r.text() == null || r.text().isBlank()) {
                    throw new JsonParseException("empty");
                }
                all.add(new Reference(r.id(), r.text()));
            } catch (JsonParseException | NullPointerException e) {
                throw new BadInputException(
                        file + " has no reference in line " + (i + 1)
                                + "; write one JSON object a line, with an id and a text.",
                        e);
            }
        }
        return all;
    }

    /** Paragraphs are parted by empty lines; their ids are the file's name and their number. */
    private static List<Reference> paragraphs(Path file) {
        List<Reference> all = new ArrayList<>();
        for (String part : String.join("\n", lines(file)).split("\n\\s*\n")) {
            if (!part.isBlank()) {
                String text = part.strip().replaceAll("\\s+", " ");
                all.add(new Reference(file.getFileName() + "#" + (all.size() + 1), text));
            }
        }
        return all;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new BadInputException(file + " is not text in UTF-8; save it as UTF-8.", e);
        } catch (IOException e) {
            throw new BadInputException("--references is '" + file + "', which cannot be read; name a text file.", e);
        }
    }

    /** Whole sentences, as many in each piece as fit; a sentence that is too long by itself is cut between words. */
    static List<String> split(String text, ToIntFunction<String> tokens, int most) {
        if (tokens.applyAsInt(text) <= most) {
            return List.of(text);
        }
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        for (String part : sentences(text, tokens, most)) {
            if (piece.length() > 0 && tokens.applyAsInt(piece + part) > most) {
                pieces.add(piece.toString().strip());
                piece.setLength(0);
            }
            piece.append(part);
        }
        pieces.add(piece.toString().strip());
        return pieces;
    }

    private static List<String> sentences(String text, ToIntFunction<String> tokens, int most) {
        List<String> all = new ArrayList<>();
        for (String sentence : cut(text, BreakIterator.getSentenceInstance(Locale.ROOT))) {
            if (tokens.applyAsInt(sentence) <= most) {
                all.add(sentence);
            } else {
                all.addAll(cut(sentence, BreakIterator.getWordInstance(Locale.ROOT)));
            }
        }
        return all;
    }

    private static List<String> cut(String text, BreakIterator at) {
        at.setText(text);
        List<String> parts = new ArrayList<>();
        int from = at.first();
        for (int to = at.next(); to != BreakIterator.DONE; from = to, to = at.next()) {
            parts.add(text.substring(from, to));
        }
        return parts;
    }
}
