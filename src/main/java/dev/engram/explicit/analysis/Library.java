package dev.engram.explicit.analysis;

import dev.engram.explicit.ExplicitMemory;
import dev.engram.explicit.ReferenceWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Memories by text, written by the model without its reading adapter and read with it: the adapter reads what the base writes.
 */
public final class Library {
    private final ReferenceWriter writer;
    private final Consumer<Boolean> reader;
    private final ExplicitMemory sink;
    private final Map<String, ExplicitMemory> written = new HashMap<>();

    /**
     * An empty library; everything stays the caller's, and the adapter is off afterwards.
     *
     * @param reader switches the reading adapter on (true) or off
     */
    public Library(ReferenceWriter writer, Consumer<Boolean> reader) {
        this.writer = writer;
        this.reader = reader;
        reader.accept(false);
        this.sink = writer.sink();
    }

    /** One whose model reads without an adapter. */
    public static Library plain(ReferenceWriter writer) {
        return new Library(writer, on -> {});
    }

    /** Writes what is not there yet; afterwards the adapter is on. */
    public void write(Collection<String> texts) {
        Set<String> fresh = new HashSet<>(texts);
        fresh.removeAll(written.keySet());
        List<String> open = new ArrayList<>(fresh);
        reader.accept(false);
        List<ExplicitMemory> memories = open.isEmpty() ? List.of() : writer.write(open);
        reader.accept(true);
        for (int i = 0; i < open.size(); i++) {
            written.put(open.get(i), memories.get(i));
        }
    }

    /** Memories of texts, in their order; they must have been written. */
    public List<ExplicitMemory> of(List<String> texts) {
        return texts.stream().map(this::of).toList();
    }

    private ExplicitMemory of(String text) {
        ExplicitMemory memory = written.get(text);
        if (memory == null) {
            throw new IllegalStateException("'" + text + "' was not written before it was read");
        }
        return memory;
    }

    public ReferenceWriter writer() {
        return writer;
    }

    /** The prefix's memory, written like the others. */
    public ExplicitMemory sink() {
        return sink;
    }
}
