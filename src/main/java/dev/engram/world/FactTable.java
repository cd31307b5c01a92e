package dev.engram.world;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Facts as CSV. Wordings stand in numbered columns (paraphrase_1, paraphrase_2 ...), as many as a file has. A file needs the
 * columns of {@link #REQUIRED}; the others may be left out.
 */
final class FactTable {
    /** Columns that a file of facts must have. */
    static final List<String> REQUIRED =
            List.of("id", "entity", "value", "statement", "train_question_1", "heldout_question_1");

    private static final List<String> FRONT = List.of(
            "id", "split", "kind", "entity", "relation", "index", "value", "updated", "statement", "updated_statement");
    private static final List<String> END = List.of("reverse_question", "reverse_answer");

    private FactTable() {}

    /** Facts in their file's form, with more columns in front. */
    static <T> String write(
            List<T> records, List<String> more, Function<T, List<String>> moreCells, Function<T, Fact> factOf) {
        List<Fact> facts = records.stream().map(factOf).toList();
        int paraphrases = widest(facts, f -> f.paraphrases().size());
        int train = widest(facts, f -> f.trainQuestions().size());
        int heldout = widest(facts, f -> f.heldoutQuestions().size());
        List<String> header = new ArrayList<>(FRONT);
        header.addAll(names("paraphrase", paraphrases));
        header.addAll(names("train_question", train));
        header.addAll(names("heldout_question", heldout));
        header.addAll(END);
        header.addAll(more);
        List<List<String>> rows = new ArrayList<>();
        for (T record : records) {
            List<String> row = cells(factOf.apply(record), paraphrases, train, heldout);
            row.addAll(moreCells.apply(record));
            rows.add(row);
        }
        return CsvText.write(header, rows);
    }

    static String write(List<Fact> facts) {
        return write(facts, List.of(), f -> List.of(), f -> f);
    }

    private static int widest(List<Fact> facts, ToIntFunction<Fact> size) {
        return facts.stream().mapToInt(size).max().orElse(1);
    }

    private static List<String> names(String column, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            names.add(column + "_" + i);
        }
        return names;
    }

    private static List<String> cells(Fact fact, int paraphrases, int train, int heldout) {
        List<String> cells = new ArrayList<>(List.of(
                fact.id(),
                fact.split(),
                fact.kind(),
                fact.entity(),
                fact.relation(),
                String.valueOf(fact.index()),
                fact.value(),
                fact.updated(),
                fact.statement(),
                fact.updatedStatement()));
        pad(cells, fact.paraphrases(), paraphrases);
        pad(cells, fact.trainQuestions(), train);
        pad(cells, fact.heldoutQuestions(), heldout);
        cells.add(fact.reverseQuestion());
        cells.add(fact.reverseAnswer());
        return cells;
    }

    private static void pad(List<String> cells, List<String> wordings, int width) {
        for (int i = 0; i < width; i++) {
            cells.add(i < wordings.size() ? wordings.get(i) : "");
        }
    }

    /**
     * A fact from a row. Where a column is missing or empty, split is train, kind and relation are "own", and the index is
     * {@code place}.
     */
    static Fact read(CsvText.Row row, int place) {
        return new Fact(
                row.get("id"),
                orElse(row.get("split"), "train"),
                orElse(row.get("kind"), "own"),
                row.get("entity"),
                orElse(row.get("relation"), "own"),
                index(row, place),
                row.get("value"),
                row.get("updated"),
                row.get("statement"),
                row.get("updated_statement"),
                row.numbered("paraphrase"),
                row.numbered("train_question"),
                row.numbered("heldout_question"),
                row.get("reverse_question"),
                row.get("reverse_answer"));
    }

    private static String orElse(String cell, String otherwise) {
        return cell.isEmpty() ? otherwise : cell;
    }

    private static int index(CsvText.Row row, int place) {
        String cell = row.get("index");
        try {
            return cell.isEmpty() ? place : Integer.parseInt(cell);
        } catch (NumberFormatException e) {
            throw row.refusal(
                    "index", "'" + cell + "' is not a whole number", "number the facts 0, 1, 2 ... in order of time");
        }
    }
}
