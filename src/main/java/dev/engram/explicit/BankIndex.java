package dev.engram.explicit;

import dev.engram.model.BadInputException;
import dev.engram.report.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which reference lies in which shard: index.tsv, one line each, replaced as a whole. */
final class BankIndex {
    private static final String FILE = "index.tsv";
    private static final String HEADER = "id\tshard\tchecksum";

    /**
     * Where a reference is.
     *
     * @param shard number of the files
     * @param checksum CRC-32 of its numbers; negative where it was never encoded
     */
    record Place(int shard, long checksum) {}

    private final Path folder;
    private final Map<String, Place> places;

    private BankIndex(Path folder, Map<String, Place> places) {
        this.folder = folder;
        this.places = places;
    }

    static BankIndex empty(Path folder) {
        return new BankIndex(folder, new LinkedHashMap<>());
    }

    static BankIndex read(Path folder) {
        Path file = folder.resolve(FILE);
        Map<String, Place> places = new LinkedHashMap<>();
        try {
            List<String> lines = Files.readAllLines(file);
            if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
                throw damaged(file, 1);
            }
            for (int i = 1; i < lines.size(); i++) {
                String line = lines.get(i);
                int first = line.indexOf('\t');
                int second = line.indexOf('\t', first + 1);
                if (first < 1 || second < 0) {
                    throw damaged(file, i + 1);
                }
                Place place = place(file, i + 1, line.substring(first + 1, second), line.substring(second + 1));
                if (places.put(line.substring(0, first), place) != null) {
                    throw damaged(file, i + 1);
                }
            }
        } catch (IOException e) {
            throw new BadInputException(file + " cannot be read (" + e + "); write the bank again.", e);
        }
        return new BankIndex(folder, places);
    }

    private static Place place(Path file, int line, String shard, String checksum) {
        try {
            Place place = new Place(Integer.parseInt(shard), Long.parseLong(checksum));
            if (place.shard < 0) {
                throw damaged(file, line);
            }
            return place;
        } catch (NumberFormatException e) {
            throw damaged(file, line);
        }
    }

    private static BadInputException damaged(Path file, int line) {
        return new BadInputException(
                file + " is damaged in line " + line + "; restore it from a copy, or write the bank again.");
    }

    Map<String, Place> places() {
        return places;
    }

    int nextShard() {
        return places.values().stream().mapToInt(Place::shard).max().orElse(-1) + 1;
    }

    /** Makes the index on disk this one. */
    void save() {
        StringBuilder text =
                new StringBuilder(64 * places.size()).append(HEADER).append('\n');
        places.forEach((id, p) -> text.append(id)
                .append('\t')
                .append(p.shard)
                .append('\t')
                .append(p.checksum)
                .append('\n'));
        AtomicFile.write(folder.resolve(FILE), text.toString());
    }
}
