package dev.engram.world;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * How records of one type are kept in a CSV file.
 *
 * @param file its name
 * @param columns header of the file
 * @param cells a record's cells, in the order of the columns
 * @param read a record from a row
 */
record Table<T>(String file, List<String> columns, Function<T, List<String>> cells, Function<CsvText.Row, T> read) {

    static final Table<Entity> ENTITIES = new Table<>(
            "entities.csv",
            List.of("id", "kind", "name", "mention", "later", "gender", "island", "split"),
            e -> List.of(e.id(), e.kind(), e.name(), e.mention(), e.later(), e.gender(), e.island(), e.split()),
            r -> new Entity(
                    r.get("id"),
                    r.get("kind"),
                    r.get("name"),
                    r.get("mention"),
                    r.get("later"),
                    r.get("gender"),
                    r.get("island"),
                    r.get("split")));

    static final Table<TwoHop> TWO_HOPS = new Table<>(
            "two-hop.csv",
            List.of("id", "split", "first", "second", "question", "answer"),
            h -> List.of(h.id(), h.split(), h.first(), h.second(), h.question(), h.answer()),
            r -> new TwoHop(
                    r.get("id"), r.get("split"), r.get("first"), r.get("second"), r.get("question"), r.get("answer")));

    static final Table<UnknownQuestion> UNKNOWN = new Table<>(
            "unknown.csv",
            List.of("id", "split", "kind", "name", "relation", "question", "answer"),
            u -> List.of(u.id(), u.split(), u.kind(), u.name(), u.relation(), u.question(), u.answer()),
            r -> new UnknownQuestion(
                    r.get("id"),
                    r.get("split"),
                    r.get("kind"),
                    r.get("name"),
                    r.get("relation"),
                    r.get("question"),
                    r.get("answer")));

    static final Table<PaperQuestion> PAPERS = new Table<>(
            "papers.csv",
            List.of("id", "paper", "split", "fact", "question", "A", "B", "C", "D", "answer"),
            q -> List.of(
                    q.id(),
                    q.paper(),
                    q.split(),
                    q.fact(),
                    q.question(),
                    q.options().get(0),
                    q.options().get(1),
                    q.options().get(2),
                    q.options().get(3),
                    "ABCD".substring(q.answer(), q.answer() + 1)),
            Table::paperQuestion);

    static final Table<Passage> PASSAGES = new Table<>(
            "passages.csv",
            List.of("id", "split", "entity", "facts", "text"),
            p -> List.of(p.id(), p.split(), p.entity(), String.join(" ", p.facts()), p.text()),
            r -> new Passage(
                    r.get("id"),
                    r.get("split"),
                    r.get("entity"),
                    List.of(r.get("facts").split(" ")),
                    r.get("text")));

    static final Table<String> CHATTER = new Table<>("chatter.csv", List.of("text"), List::of, r -> r.get("text"));

    private static PaperQuestion paperQuestion(CsvText.Row row) {
        int answer = "ABCD".indexOf(row.get("answer"));
        if (row.get("answer").length() != 1 || answer < 0) {
            throw row.refusal("answer", "it holds '" + row.get("answer") + "'", "write A, B, C or D");
        }
        return new PaperQuestion(
                row.get("id"),
                row.get("paper"),
                row.get("split"),
                row.get("fact"),
                row.get("question"),
                List.of(row.get("A"), row.get("B"), row.get("C"), row.get("D")),
                answer);
    }

    String write(List<T> records) {
        return CsvText.write(columns, records.stream().map(cells).toList());
    }

    /** Reads the file of a folder; none of it if there is no such file. */
    List<T> read(Path folder) {
        Path path = folder.resolve(file);
        if (!Files.exists(path)) {
            return List.of();
        }
        List<CsvText.Row> rows = CsvText.read(path);
        if (!rows.isEmpty()) {
            requireColumns(rows.get(0), columns);
        }
        return rows.stream().map(read).toList();
    }

    static void requireColumns(CsvText.Row row, List<String> columns) {
        for (String column : columns) {
            if (!row.has(column)) {
                throw new IllegalArgumentException(row.file() + ", line 1: the column '" + column
                        + "' is missing; its columns are " + String.join(", ", row.header()) + ".");
            }
        }
    }
}
