package dev.engram.world;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.engram.report.AtomicFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A world as a folder of CSV and JSONL files. */
final class WorldFiles {
    static final String FACTS = "facts.csv";
    static final String CHINESE = "facts-zh.csv";
    static final String PERSONAL = "personal.csv";
    static final String CONVERSATIONS = "conversations.jsonl";
    static final String PREFERENCES = "preferences.jsonl";

    private static final List<String> PERSONAL_COLUMNS = List.of("day", "horizon", "utterance", "masked");
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private WorldFiles() {}

    /** Every file's name and text. */
    static Map<String, String> texts(World world) {
        Map<String, String> texts = new LinkedHashMap<>();
        add(texts, Table.ENTITIES, world.entities());
        texts.put(FACTS, FactTable.write(world.facts()));
        add(texts, Table.TWO_HOPS, world.twoHops());
        add(texts, Table.UNKNOWN, world.unknown());
        add(texts, Table.PAPERS, world.papers());
        add(texts, Table.PASSAGES, world.passages());
        add(texts, Table.CHATTER, world.chatter());
        texts.put(
                PERSONAL,
                FactTable.write(
                        world.personal(),
                        PERSONAL_COLUMNS,
                        p -> List.of(String.valueOf(p.day()), p.horizon(), p.utterance(), p.masked()),
                        PersonalFact::fact));
        texts.put(CHINESE, FactTable.write(world.chinese()));
        texts.put(CONVERSATIONS, jsonLines(world.conversations()));
        texts.put(PREFERENCES, jsonLines(world.preferences()));
        return texts;
    }

    private static <T> void add(Map<String, String> texts, Table<T> table, List<T> records) {
        texts.put(table.file(), table.write(records));
    }

    static void write(World world, Path folder) {
        texts(world).forEach((file, text) -> AtomicFile.write(folder.resolve(file), text));
    }

    static World read(Path folder) {
        if (!Files.exists(folder.resolve(FACTS))) {
            throw new IllegalArgumentException(folder + " has no " + FACTS
                    + "; give a folder that `./engram world import` or `./engram world generate` has written.");
        }
        return new World(
                Table.ENTITIES.read(folder),
                facts(folder.resolve(FACTS), List.of(), FactTable::read),
                Table.TWO_HOPS.read(folder),
                Table.UNKNOWN.read(folder),
                Table.PAPERS.read(folder),
                Table.PASSAGES.read(folder),
                jsonLines(folder.resolve(CONVERSATIONS), Conversation.class),
                jsonLines(folder.resolve(PREFERENCES), Preference.class),
                facts(folder.resolve(PERSONAL), PERSONAL_COLUMNS, WorldFiles::personal),
                Table.CHATTER.read(folder),
                facts(folder.resolve(CHINESE), List.of(), FactTable::read));
    }

    private interface RowReader<T> {
        T read(CsvText.Row row, int place);
    }

    private static <T> List<T> facts(Path file, List<String> moreColumns, RowReader<T> reader) {
        List<T> records = new ArrayList<>();
        if (Files.exists(file)) {
            for (CsvText.Row row : CsvText.read(file)) {
                Table.requireColumns(row, FactTable.REQUIRED);
                Table.requireColumns(row, moreColumns);
                records.add(reader.read(row, records.size()));
            }
        }
        return records;
    }

    private static PersonalFact personal(CsvText.Row row, int place) {
        try {
            return new PersonalFact(
                    Integer.parseInt(row.get("day")),
                    row.get("horizon"),
                    row.get("utterance"),
                    row.get("masked"),
                    FactTable.read(row, place));
        } catch (NumberFormatException e) {
            throw row.refusal("day", "'" + row.get("day") + "' is not a whole number", "write the day of the year");
        }
    }

    private static String jsonLines(List<?> records) {
        StringBuilder text = new StringBuilder();
        records.forEach(record -> text.append(GSON.toJson(record)).append('\n'));
        return text.toString();
    }

    private static <T> List<T> jsonLines(Path file, Class<T> type) {
        List<T> records = new ArrayList<>();
        if (Files.exists(file)) {
            int line = 0;
            for (String text : CsvText.text(file).lines().toList()) {
                line++;
                records.add(object(text, type, file + ", line " + line));
            }
        }
        return records;
    }

    private static <T> T object(String text, Class<T> type, String place) {
        try {
            T object = GSON.fromJson(text, type);
            if (object != null) {
                return object;
            }
        } catch (RuntimeException e) {
            // Not JSON, or a record without a list that it needs: Gson wraps the latter in an exception of no fixed
            // type.
            throw new IllegalArgumentException(
                    place + ", cannot be read (" + e.getMessage()
                            + "); write one JSON object a line, with every field.",
                    e);
        }
        throw new IllegalArgumentException(place + ", is empty; remove it.");
    }
}
