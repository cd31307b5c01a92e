package dev.engram.world;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** CSV with a header line (RFC 4180 quoting, UTF-8, line feeds), whose every row knows its line. */
final class CsvText {
    private static final CSVFormat FORMAT = CSVFormat.RFC4180
            .builder()
            .setRecordSeparator('\n')
            .setIgnoreEmptyLines(true)
            .get();

    private CsvText() {}

    /**
     * One row.
     *
     * @param line where it starts in the file, from 1
     */
    record Row(Path file, int line, List<String> header, List<String> cells) {

        boolean has(String column) {
            return header.contains(column);
        }

        /** A cell without blanks around it; a missing column reads as empty. */
        String get(String column) {
            int at = header.indexOf(column);
            return at < 0 ? "" : cells.get(at).strip();
        }

        /** The filled cells of column_1, column_2 and so on. */
        List<String> numbered(String column) {
            List<String> found = new ArrayList<>();
            for (int i = 1; has(column + "_" + i); i++) {
                if (!get(column + "_" + i).isEmpty()) {
                    found.add(get(column + "_" + i));
                }
            }
            return found;
        }

        /** A refusal that names file, line and column. */
        IllegalArgumentException refusal(String column, String fault, String remedy) {
            return new IllegalArgumentException(
                    file + ", line " + line + ", column " + column + ": " + fault + "; " + remedy + ".");
        }
    }

    static String write(List<String> header, List<List<String>> rows) {
        StringWriter text = new StringWriter();
        try (var printer = FORMAT.print(text)) {
            printer.printRecord(header);
            for (List<String> row : rows) {
                printer.printRecord(row);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** All rows of a file; empty lines are skipped. */
    static List<Row> read(Path file) {
        String text = text(file);
        try (CSVParser parser = CSVParser.parse(text, FORMAT)) {
            List<CSVRecord> records = parser.getRecords();
            if (records.isEmpty()) {
                throw new IllegalArgumentException(file + " is empty; its first line must name the columns.");
            }
            List<String> header = records.get(0).stream().map(String::strip).toList();
            checkHeader(file, header);
            List<Row> rows = new ArrayList<>();
            Lines lines = new Lines(text);
            for (CSVRecord record : records.subList(1, records.size())) {
                int line = lines.of(record.getCharacterPosition());
                if (record.size() != header.size()) {
                    throw new IllegalArgumentException(file + ", line " + line + ", has " + record.size()
                            + " cells, but the header has " + header.size()
                            + "; put cells with a comma in double quotes, and leave no cell out.");
                }
                rows.add(new Row(file, line, header, record.toList()));
            }
            return rows;
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException(
                    file + " is not CSV (" + e.getMessage() + "); check its double quotes.", e);
        }
    }

    /** The text of a file in UTF-8, without a byte order mark. */
    static String text(Path file) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException(file + " does not exist; give the path of a file that does.", e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " is not UTF-8; save it as UTF-8.", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    file + " cannot be read (" + e.getMessage() + "); give a readable file.", e);
        }
    }

    private static void checkHeader(Path file, List<String> header) {
        Set<String> seen = new HashSet<>();
        for (String column : header) {
            if (!seen.add(column)) {
                throw new IllegalArgumentException(
                        file + ", line 1: the column '" + column + "' is there twice; rename or remove one.");
            }
        }
    }

    /** Counts lines on the way through a text; the parser counts empty lines before a record as part of it. */
    private static final class Lines {
        private final String text;
        private int at;
        private int line = 1;

        Lines(String text) {
            this.text = text;
        }

        /** The line on which the record at this position starts; positions must not fall. */
        int of(long position) {
            while (at < position || text.charAt(at) == '\n' || text.charAt(at) == '\r') {
                line += text.charAt(at) == '\n' ? 1 : 0;
                at++;
            }
            return line;
        }
    }
}
