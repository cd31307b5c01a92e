package dev.engram.world;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The hand-written texts beside the classes: names, values, sentences. Empty lines and lines that start with # are skipped. */
final class Resources {
    private Resources() {}

    static List<String> lines(String name) {
        try (InputStream in = Resources.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The resource " + name + " is missing; build the project again.");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lines {@code key = value}, in their order. */
    static Map<String, String> pairs(String name) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String line : lines(name)) {
            int at = line.indexOf(" = ");
            pairs.put(line.substring(0, at), line.substring(at + 3));
        }
        return pairs;
    }

    /** Sections that start with {@code = title}; {@code \n} in a line stands for a line break. */
    static Map<String, List<String>> sections(String name) {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        List<String> current = null;
        for (String line : lines(name)) {
            if (line.startsWith("= ")) {
                current = sections.computeIfAbsent(line.substring(2), title -> new ArrayList<>());
            } else {
                current.add(line.replace("\\n", "\n"));
            }
        }
        return sections;
    }

    static List<String> list(String semicolons) {
        return List.of(semicolons.strip().split("\\s*;\\s*"));
    }
}
