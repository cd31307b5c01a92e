package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every relative link in a page or notebook leads to a file that is there, and its anchor to a heading or mark in it. */
class LinksTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern MARK = Pattern.compile("<a id=\"([^\"]+)\">");
    private static final Set<String> NOT_OURS = Set.of(".git", ".engram", "target", "own", ".ipynb_checkpoints");

    @Test
    void everyRelativeLinkResolves() throws IOException {
        List<String> dead = new ArrayList<>();
        TreeMap<Path, String> pages = pages(Path.of(""));
        pages.forEach((page, text) -> dead.addAll(dead(page, text)));
        assertEquals(List.of(), dead);
        assertTrue(pages.size() > 30, pages.keySet().toString());
    }

    @Test
    void deadLinksAreFound() {
        String page = "[a](README.md) [b](no-such.md) [c](README.md#two-commands) [d](README.md#three-commands)"
                + " [e](https://example.org) `x](y.md)`";
        assertEquals(List.of("X.md: no-such.md", "X.md: README.md#three-commands"), dead(Path.of("X.md"), page));
    }

    private static List<String> dead(Path page, String text) {
        List<String> dead = new ArrayList<>();
        Matcher link = LINK.matcher(text.replaceAll("(?s)```.*?```", "").replaceAll("`[^`\n]*`", ""));
        while (link.find()) {
            String to = link.group(1);
            if (!to.matches("[a-z]+:.*") && !leadsSomewhere(page, to)) {
                dead.add(page + ": " + to);
            }
        }
        return dead;
    }

    private static boolean leadsSomewhere(Path page, String to) {
        String[] parts = to.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.toAbsolutePath().resolveSibling(parts[0]);
        return Files.exists(file)
                && (parts.length == 1
                        || !file.toString().endsWith(".md")
                        || anchors(file).contains(parts[1]));
    }

    /** GitHub's anchors: small letters, digits and hyphens of a heading, and marks set by hand. */
    private static Set<String> anchors(Path file) {
        try {
            String text = Files.readString(file);
            Set<String> anchors = new HashSet<>();
            HEADING.matcher(text)
                    .results()
                    .forEach(h -> anchors.add(h.group(1)
                            .toLowerCase(Locale.ROOT)
                            .replaceAll("[^\\p{L}\\p{N} _-]", "")
                            .strip()
                            .replace(' ', '-')));
            MARK.matcher(text).results().forEach(m -> anchors.add(m.group(1)));
            return anchors;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static TreeMap<Path, String> pages(Path root) throws IOException {
        TreeMap<Path, String> pages = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean executed = folder.endsWith("results/notebooks");
                return executed || NOT_OURS.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.toString().endsWith(".md")) {
                    pages.put(file, Files.readString(file));
                } else if (file.toString().endsWith(".ipynb")) {
                    pages.put(file, NotebookCells.of(Files.readString(file), "markdown"));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return pages;
    }
}
