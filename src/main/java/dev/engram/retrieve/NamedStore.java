package dev.engram.retrieve;

import dev.engram.model.BadInputException;
import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingSearchResult;
import dev.langchain4j.store.embedding.EmbeddingStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/**
 * Plain names in a store that takes UUIDs as ids, such as pgvector's: an id becomes the UUID that is derived from it, and travels as
 * metadata of its text. So the same id is the same row, here and in every other process.
 */
public final class NamedStore implements EmbeddingStore<TextSegment> {
    private static final String ID = "engram_id";

    private final EmbeddingStore<TextSegment> store;

    public NamedStore(EmbeddingStore<TextSegment> store) {
        this.store = store;
    }

    private static String uuid(String id) {
        return UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8)).toString();
    }

    @Override
    public String add(Embedding embedding) {
        throw withoutText();
    }

    @Override
    public void add(String id, Embedding embedding) {
        throw withoutText();
    }

    @Override
    public String add(Embedding embedding, TextSegment segment) {
        String id = store.generateIds(1).get(0);
        addAll(List.of(id), List.of(embedding), List.of(segment));
        return id;
    }

    @Override
    public List<String> addAll(List<Embedding> embeddings) {
        throw withoutText();
    }

    private static BadInputException withoutText() {
        return new BadInputException("A vector was given without a text, which carries its name; give both.");
    }

    /** Adds rows; one with the same id is replaced. */
    @Override
    public void addAll(List<String> ids, List<Embedding> embeddings, List<TextSegment> segments) {
        if (segments == null || ids.size() != segments.size() || ids.size() != embeddings.size()) {
            throw new BadInputException(ids.size() + " ids were given for " + embeddings.size() + " vectors and "
                    + (segments == null ? 0 : segments.size()) + " texts; give one of each.");
        }
        List<TextSegment> named = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            Metadata metadata = segments.get(i).metadata().copy().put(ID, ids.get(i));
            named.add(TextSegment.from(segments.get(i).text(), metadata));
        }
        store.addAll(ids.stream().map(NamedStore::uuid).toList(), embeddings, named);
    }

    @Override
    public void removeAll(Collection<String> ids) {
        store.removeAll(ids.stream().map(NamedStore::uuid).toList());
    }

    @Override
    public void removeAll() {
        store.removeAll();
    }

    @Override
    public EmbeddingSearchResult<TextSegment> search(EmbeddingSearchRequest request) {
        return new EmbeddingSearchResult<>(store.search(request).matches().stream()
                .map(m -> new EmbeddingMatch<>(m.score(), name(m), m.embedding(), m.embedded()))
                .toList());
    }

    private static String name(EmbeddingMatch<TextSegment> match) {
        String name =
                match.embedded() == null ? null : match.embedded().metadata().getString(ID);
        if (name == null) {
            throw new BadInputException("The store holds the row " + match.embeddingId()
                    + ", which has no name; use a table of its own for what is retrieved here.");
        }
        return name;
    }
}
