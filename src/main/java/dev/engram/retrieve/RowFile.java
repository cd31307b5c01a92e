package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Ids and texts of an index's rows, memory-mapped: opening costs nothing, and only what is found is read. The file is a table of n + 1
 * offsets (4 bytes each, big-endian, from the table's end) and then one {@link RowJson} a row; at most 2 GB.
 */
final class RowFile {
    private final MappedByteBuffer bytes;
    private final int rows;

    private RowFile(MappedByteBuffer bytes, int rows) {
        this.bytes = bytes;
        this.rows = rows;
    }

    /** Writes a new file and waits until it is on the disk. */
    static void write(Path file, List<RowJson> rows) throws IOException {
        List<byte[]> lines = new ArrayList<>();
        long size = 4L * (rows.size() + 1);
        for (RowJson row : rows) {
            lines.add(row.line().getBytes(StandardCharsets.UTF_8));
            size += lines.get(lines.size() - 1).length;
        }
        if (size > Integer.MAX_VALUE) {
            throw new BadInputException("The texts of " + rows.size() + " rows take " + size
                    + " bytes, but an index holds at most 2 GB of them; split the rows among several folders.");
        }
        try (FileOutputStream to = new FileOutputStream(file.toFile());
                DataOutputStream out = new DataOutputStream(new BufferedOutputStream(to, 1 << 16))) {
            int at = 0;
            for (byte[] line : lines) {
                out.writeInt(at);
                at += line.length;
            }
            out.writeInt(at);
            for (byte[] line : lines) {
                out.write(line);
            }
            out.flush();
            to.getChannel().force(true);
        }
    }

    static RowFile map(Path file, int rows) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new RowFile(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()), rows);
        }
    }

    int rows() {
        return rows;
    }

    RowJson row(int at) {
        int start = bytes.getInt(4 * at);
        byte[] line = new byte[bytes.getInt(4 * (at + 1)) - start];
        bytes.get(4 * (rows + 1) + start, line);
        return RowJson.parse(new String(line, StandardCharsets.UTF_8));
    }
}
