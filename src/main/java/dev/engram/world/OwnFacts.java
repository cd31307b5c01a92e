package dev.engram.world;

import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * A user's own facts: checks files of the form of data/halcyon and copies them into a folder that {@link World#load(Path)}
 * reads. Every refusal is one sentence with file, line, column and remedy.
 */
public final class OwnFacts {
    /** Longest statement, paraphrase or passage, in tokens. */
    public static final int MOST_TOKENS = 128;

    private static final Set<String> SPLITS = Set.of("train", "heldout");
    private static final List<String> PASSAGE_COLUMNS = List.of("id", "facts", "text");

    private final ToIntFunction<String> tokens;

    /** @param tokens counts the tokens of a text */
    public OwnFacts(ToIntFunction<String> tokens) {
        this.tokens = tokens;
    }

    /** The folder that facts are imported into if none is named: data/own in the project. */
    public static Path home() {
        return World.home().resolve("own");
    }

    /**
     * Reads and checks.
     *
     * @param facts a file with at least the columns id, entity, value, statement, train_question_1, heldout_question_1
     * @param passages a file with the columns id, facts (ids with blanks between them), text, or null
     * @throws IllegalArgumentException if something is not as it should be
     */
    public World check(Path facts, Path passages) {
        List<Fact> checked = facts(facts);
        List<Passage> texts = passages == null ? List.of() : passages(passages, checked);
        return new World(
                List.of(), checked, List.of(), List.of(), List.of(), texts, List.of(), List.of(), List.of(), List.of(),
                List.of());
    }

    /**
     * Writes facts.csv and passages.csv into the folder; earlier ones are replaced. A process that dies meanwhile may leave the facts
     * without passages, but never with those of other facts.
     */
    public static void write(World world, Path folder) {
        Map<String, String> texts = WorldFiles.texts(world);
        Path passages = folder.resolve(Table.PASSAGES.file());
        try {
            Files.deleteIfExists(passages);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    passages + " cannot be replaced (" + e.getMessage() + "); name a folder that is yours.", e);
        }
        AtomicFile.write(folder.resolve(WorldFiles.FACTS), texts.get(WorldFiles.FACTS));
        AtomicFile.write(passages, texts.get(Table.PASSAGES.file()));
    }

    private List<Fact> facts(Path file) {
        List<CsvText.Row> rows = rows(file, FactTable.REQUIRED);
        List<Fact> facts = new ArrayList<>();
        Map<String, Integer> ids = new HashMap<>();
        for (CsvText.Row row : rows) {
            for (String column : FactTable.REQUIRED) {
                requireFilled(row, column);
            }
            requireNew(row, "id", ids, "give every fact an id of its own");
            Fact fact = FactTable.read(row, facts.size());
            requireSplit(row, fact.split());
            requireValue(row, "statement", fact.statement(), fact.value());
            requireShort(row, "statement", fact.statement());
            for (int i = 0; i < fact.paraphrases().size(); i++) {
                requireValue(row, "paraphrase_" + (i + 1), fact.paraphrases().get(i), fact.value());
                requireShort(row, "paraphrase_" + (i + 1), fact.paraphrases().get(i));
            }
            requireUntrained(row, fact);
            facts.add(fact);
        }
        return facts;
    }

    private List<Passage> passages(Path file, List<Fact> facts) {
        Map<String, Fact> byId = new HashMap<>();
        facts.forEach(fact -> byId.put(fact.id(), fact));
        Map<String, Integer> ids = new HashMap<>();
        List<Passage> passages = new ArrayList<>();
        for (CsvText.Row row : rows(file, PASSAGE_COLUMNS)) {
            for (String column : PASSAGE_COLUMNS) {
                requireFilled(row, column);
            }
            requireNew(row, "id", ids, "give every passage an id of its own");
            requireShort(row, "text", row.get("text"));
            List<String> stated = List.of(row.get("facts").split("\\s+"));
            for (String id : stated) {
                if (!byId.containsKey(id)) {
                    throw row.refusal(
                            "facts", "there is no fact with the id '" + id + "'", "name ids of the facts' file");
                }
                requireValue(row, "text", row.get("text"), byId.get(id).value());
            }
            Fact first = byId.get(stated.get(0));
            passages.add(new Passage(row.get("id"), first.split(), first.entity(), stated, row.get("text")));
        }
        return passages;
    }

    private static List<CsvText.Row> rows(Path file, List<String> columns) {
        List<CsvText.Row> rows = CsvText.read(file);
        if (rows.isEmpty()) {
            throw new IllegalArgumentException(file + " has a header and no row; add at least one below it.");
        }
        for (String column : columns) {
            if (!rows.get(0).has(column)) {
                throw new IllegalArgumentException(file + ", line 1: the column " + column + " is missing; add it ("
                        + String.join(", ", columns) + " are needed).");
            }
        }
        return rows;
    }

    private static void requireFilled(CsvText.Row row, String column) {
        if (row.get(column).isEmpty()) {
            throw row.refusal(
                    column, "the cell is empty", column.contains("question") ? "write a question" : "fill it in");
        }
    }

    private static void requireNew(CsvText.Row row, String column, Map<String, Integer> seen, String remedy) {
        Integer before = seen.put(row.get(column), row.line());
        if (before != null) {
            throw row.refusal(column, "'" + row.get(column) + "' is in line " + before + " already", remedy);
        }
    }

    private static void requireSplit(CsvText.Row row, String split) {
        if (!SPLITS.contains(split)) {
            throw row.refusal("split", "'" + split + "' is no split", "write train or heldout");
        }
    }

    private static void requireValue(CsvText.Row row, String column, String text, String value) {
        if (!text.toLowerCase(Locale.ROOT).contains(value.toLowerCase(Locale.ROOT))) {
            throw row.refusal(
                    column,
                    "the value '" + value + "' does not occur in it",
                    "word it so that it holds the value letter by letter");
        }
    }

    private void requireShort(CsvText.Row row, String column, String text) {
        int length = tokens.applyAsInt(text);
        if (length > MOST_TOKENS) {
            throw row.refusal(
                    column, "it has " + length + " tokens", "shorten it to " + MOST_TOKENS + " or split it in two");
        }
    }

    private static void requireUntrained(CsvText.Row row, Fact fact) {
        Set<String> trained = new HashSet<>(fact.trainQuestions());
        for (int i = 0; i < fact.heldoutQuestions().size(); i++) {
            if (trained.contains(fact.heldoutQuestions().get(i))) {
                throw row.refusal(
                        "heldout_question_" + (i + 1), "it is a training question too", "word it differently");
            }
        }
    }
}
