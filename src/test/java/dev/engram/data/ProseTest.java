package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The texts of data/prose are what the manifest says, and are prose fit to measure perplexity on. */
class ProseTest {

    private static final Path FOLDER = Path.of("data", "prose");
    private static final Set<String> REGISTERS = Set.of("story", "technical", "dialogue", "report");
    private static final Set<String> WITH_LONG_TEXT = Set.of("story", "technical", "dialogue");
    private static final Pattern NOT_A_WORD = Pattern.compile("[^a-z0-9']+");

    private static List<Text> texts;

    /** One row of the manifest with the bytes it names. */
    private record Text(String file, String register, String title, int words, String sha256, byte[] bytes) {

        String content() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        List<String> paragraphs() {
            return content().lines().filter(line -> !line.isEmpty()).toList();
        }

        /** Words as {@code wc -w} counts them. */
        int countWords() {
            return content().trim().split("\\s+").length;
        }

        List<String> tokens() {
            return Arrays.stream(NOT_A_WORD.split(content().toLowerCase()))
                    .filter(token -> !token.isEmpty())
                    .toList();
        }
    }

    @BeforeAll
    static void read() throws IOException {
        texts = new ArrayList<>();
        CSVFormat format = CSVFormat.DEFAULT
                .builder()
                .setHeader()
                .setSkipHeaderRecord(true)
                .get();
        try (CSVParser rows = CSVParser.parse(FOLDER.resolve("manifest.csv"), StandardCharsets.UTF_8, format)) {
            assertEquals(List.of("file", "register", "title", "words", "sha256"), rows.getHeaderNames());
            for (CSVRecord row : rows) {
                texts.add(new Text(
                        row.get("file"),
                        row.get("register"),
                        row.get("title"),
                        Integer.parseInt(row.get("words")),
                        row.get("sha256"),
                        Files.readAllBytes(FOLDER.resolve(row.get("file")))));
            }
        }
    }

    @Test
    void theManifestNamesEveryTextAndNothingElse() throws IOException {
        Set<String> present;
        try (var files = Files.list(FOLDER)) {
            present = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".txt") && !name.equals("LICENSE.txt"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
        assertEquals(present, texts.stream().map(Text::file).collect(Collectors.toCollection(TreeSet::new)));
        assertEquals(present.size(), texts.size(), "a file is listed twice");
    }

    @Test
    void checksumsWordsAndTitlesHold() throws NoSuchAlgorithmException {
        for (Text text : texts) {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.bytes());
            assertEquals(text.sha256(), HexFormat.of().formatHex(digest), text.file());
            assertEquals(text.words(), text.countWords(), text.file());
            assertEquals(text.title(), text.paragraphs().get(0), text.file());
            assertTrue(text.file().startsWith(text.register() + "-"), text.file());
        }
    }

    @Test
    void thereAreFourRegistersLongEnoughForWindowsOf2048Tokens() {
        Map<String, Integer> longest = new HashMap<>();
        texts.forEach(text -> longest.merge(text.register(), text.countWords(), Math::max));
        assertEquals(REGISTERS, longest.keySet());
        WITH_LONG_TEXT.forEach(register ->
                assertTrue(longest.get(register) > 3900, register + " has at most " + longest.get(register)));
        texts.forEach(text -> assertTrue(text.countWords() > 1500, text.file() + " has " + text.countWords()));
        int total = texts.stream().mapToInt(Text::countWords).sum();
        assertTrue(total >= 18_000, "only " + total + " words");
    }

    @Test
    void noParagraphIsRepeated() {
        Map<String, String> seen = new HashMap<>();
        for (Text text : texts) {
            for (String paragraph : text.paragraphs()) {
                String before = seen.put(paragraph, text.file());
                assertEquals(null, before, () -> "in " + text.file() + " again: " + paragraph);
            }
        }
    }

    /** Loops and boiler-plate would make a text cheap to predict: distinct 4-grams and words per 500 words are counted. */
    @Test
    void theWordingIsVaried() {
        for (Text text : texts) {
            List<String> tokens = text.tokens();
            Set<List<String>> grams = new HashSet<>();
            for (int i = 0; i + 4 <= tokens.size(); i++) {
                grams.add(tokens.subList(i, i + 4));
            }
            double distinct = grams.size() / (double) (tokens.size() - 3);
            assertTrue(distinct > 0.97, text.file() + " has a share of distinct 4-grams of " + distinct);
            for (int i = 0; i + 500 <= tokens.size(); i += 100) {
                int types = new HashSet<>(tokens.subList(i, i + 500)).size();
                assertTrue(types >= 190, text.file() + " has " + types + " different words of 500 after word " + i);
            }
        }
    }

    @Test
    void everyFileKeepsTheConventions() {
        for (Text text : texts) {
            String content = text.content();
            for (byte b : text.bytes()) {
                assertTrue(b == '\n' || b >= ' ' && b < 127, () -> text.file() + " has byte " + (b & 0xff));
            }
            assertTrue(content.endsWith("\n") && !content.endsWith("\n\n"), text.file() + " ends in one newline");
            String[] blocks = content.stripTrailing().split("\n\n");
            for (String block : blocks) {
                assertFalse(block.isEmpty() || block.contains("\n"), () -> text.file() + " wraps: " + block);
                assertEquals(block.strip(), block, text.file());
                assertFalse(block.contains("  "), () -> text.file() + " has a double space: " + block);
                long quotes = block.chars().filter(c -> c == '"').count();
                assertEquals(0, quotes % 2, () -> text.file() + " has an open quote: " + block);
            }
        }
    }
}
