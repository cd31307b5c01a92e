package dev.engram.eval;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Tokenizer;
import dev.engram.report.Csv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tech.tablesaw.api.Row;

/** The texts of data/prose: windows to measure perplexity on, and sentences to hide something among. */
public record Prose(List<Text> texts) {
    /**
     * One text.
     *
     * @param file its name
     * @param register story, technical or dialogue
     * @param content without the title
     */
    public record Text(String file, String register, String content) {}

    /** Reads the texts that {@code manifest.csv} lists, in its order. */
    public static Prose read(Path folder) {
        List<Text> texts = new ArrayList<>();
        for (Row row : Csv.read(folder.resolve("manifest.csv"))) {
            Path file = folder.resolve(row.getString("file"));
            try {
                String all = Files.readString(file);
                texts.add(new Text(
                        row.getString("file"),
                        row.getString("register"),
                        all.substring(all.indexOf('\n') + 1).strip()));
            } catch (IOException e) {
                throw new BadInputException(
                        file + " cannot be read (" + e.getMessage() + "); restore data/prose from the repository.", e);
            }
        }
        return new Prose(texts);
    }

    /** Every other text, from the first one (0) or the second (1): one half to train on, the other to measure on. */
    public Prose half(int first) {
        List<Text> half = new ArrayList<>();
        for (int i = first; i < texts.size(); i += 2) {
            half.add(texts.get(i));
        }
        return new Prose(half);
    }

    /**
     * Windows of consecutive tokens that do not overlap, the texts taking turns so that a few windows hold all registers.
     *
     * @param length tokens a window
     * @param count windows wanted
     */
    public List<int[]> windows(Tokenizer tokenizer, int length, int count) {
        List<int[]> ids = texts.stream().map(t -> tokenizer.encode(t.content())).toList();
        List<int[]> windows = new ArrayList<>();
        int longest = ids.stream().mapToInt(i -> i.length).max().orElse(0);
        for (int at = 0; at + length <= longest && length > 0; at += length) {
            for (int[] text : ids) {
                if (at + length <= text.length && windows.size() < count) {
                    windows.add(Arrays.copyOfRange(text, at, at + length));
                }
            }
        }
        if (windows.size() < count || count < 1) {
            throw new BadInputException("The prose has " + windows.size() + " windows of " + length + " tokens, not "
                    + count + "; ask for at least 1, and for fewer or shorter ones than that.");
        }
        return windows;
    }

    /** All sentences in order, without line ends. */
    public List<String> sentences() {
        List<String> all = new ArrayList<>();
        for (Text text : texts) {
            for (String paragraph : text.content().split("\n+")) {
                all.addAll(List.of(paragraph.split("(?<=[.!?][\"')]{0,2})\\s+(?=[\"'(A-Z])")));
            }
        }
        return all;
    }
}
