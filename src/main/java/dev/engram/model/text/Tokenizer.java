package dev.engram.model.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.engram.model.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Text to token ids and back: the encoder of the Hugging Face tokenizers library on one {@code tokenizer.json}.
 *
 * <p>Texts are never truncated or padded. A special token written in a text (such as {@code <|im_end|>}) is read as that
 * token, as in transformers. Safe for use by many threads; {@link #close()} waits for calls that are under way.
 */
public final class Tokenizer implements AutoCloseable {
    private static final Map<String, String> WHOLE_TEXT = Map.of("truncation", "false", "padding", "false");

    private final String json;
    private final HuggingFaceTokenizer encoder;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<Integer, String> tokens = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Set<Integer> special = new HashSet<>();
    private final boolean byteLevel;
    private final int size;
    private boolean closed;

    /**
     * Opens a tokenizer.
     *
     * @param json the text of a tokenizer.json
     * @throws BadInputException if the text is not a tokenizer that the library can read
     */
    public Tokenizer(String json) {
        this.json = json;
        TokenizerJson parsed = new TokenizerJson(json);
        this.encoder = open(json);
        this.byteLevel = parsed.byteLevel();
        parsed.vocabulary().forEach(this::name);
        Set<String> specialTexts = parsed.specialTokens();
        for (String token : parsed.addedTokens().values()) {
            // The library may give an added token another id than the file asks for, so it is asked.
            long[] found = encoder.encode(token, false, false).getIds();
            if (found.length == 1) {
                int id = Math.toIntExact(found[0]);
                name(id, token);
                if (specialTexts.contains(token)) {
                    special.add(id);
                }
            }
        }
        this.size = tokens.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    }

    private static HuggingFaceTokenizer open(String json) {
        try {
            return HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), WHOLE_TEXT);
        } catch (IOException | RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            throw new BadInputException(
                    "The tokenizer.json text cannot be read by the tokenizers library (" + reason
                            + "); fetch the file again or use another model.",
                    e);
        }
    }

    private void name(int id, String token) {
        tokens.put(id, token);
        ids.put(token, id);
    }

    /** The ids of a text, with no special tokens added around it. */
    public int[] encode(String text) {
        return encode(text, false);
    }

    /**
     * The ids of a text.
     *
     * @param text any text; half a surrogate pair counts as the replacement character
     * @param addSpecialTokens whether begin and end tokens are put around it, where the tokenizer has such a rule
     */
    public int[] encode(String text, boolean addSpecialTokens) {
        lock.readLock().lock();
        try {
            requireOpen();
            long[] found = encoder.encode(Surrogates.repaired(text), addSpecialTokens, false)
                    .getIds();
            int[] result = new int[found.length];
            for (int i = 0; i < found.length; i++) {
                result[i] = Math.toIntExact(found[i]);
            }
            return result;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Ids of a text with the place of each: token t stands for the characters {@code from[t]} to {@code to[t] - 1}. Tokens that
     * share the bytes of one character share its place; white space at a token's ends may be left out of it.
     */
    public record Pieces(int[] ids, int[] from, int[] to) {}

    /** The ids of a text, with no special tokens added around it, and where they stand. */
    public Pieces pieces(String text) {
        String repaired = Surrogates.repaired(text);
        lock.readLock().lock();
        try {
            requireOpen();
            Encoding encoding = encoder.encode(repaired, false, false);
            long[] found = encoding.getIds();
            CharSpan[] spans = encoding.getCharTokenSpans();
            int[] places = codePoints(repaired);
            int[] ids = new int[found.length];
            int[] from = new int[found.length];
            int[] to = new int[found.length];
            for (int i = 0; i < found.length; i++) {
                ids[i] = Math.toIntExact(found[i]);
                from[i] = places[spans[i].getStart()];
                to[i] = places[spans[i].getEnd()];
            }
            return new Pieces(ids, from, to);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Where each code point begins, and the end: the library counts in code points. */
    private static int[] codePoints(String text) {
        int[] places = new int[text.codePointCount(0, text.length()) + 1];
        for (int i = 1; i < places.length; i++) {
            places[i] = text.offsetByCodePoints(places[i - 1], 1);
        }
        return places;
    }

    /** The text of some ids, special tokens included as their names. */
    public String decode(int[] ids) {
        return decode(ids, false);
    }

    /**
     * The text of some ids.
     *
     * @param ids each from 0 to {@link #vocabSize()} - 1
     * @param skipSpecial whether special tokens are left out
     */
    public String decode(int[] ids, boolean skipSpecial) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = checked(ids[i]);
        }
        lock.readLock().lock();
        try {
            requireOpen();
            return encoder.decode(wide, skipSpecial);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** One more than the largest id. */
    public int vocabSize() {
        return size;
    }

    /** The id of a token written as in the vocabulary, such as {@code Ġthe} or {@code <|im_end|>}. */
    public Optional<Integer> idOf(String token) {
        return Optional.ofNullable(ids.get(token));
    }

    /** The token as it stands in the vocabulary; the empty text for an id inside the range that has none. */
    public String tokenOf(int id) {
        return tokens.getOrDefault(checked(id), "");
    }

    /**
     * A token for the reader's eye: its text with spaces as {@code ·}, line ends as {@code ⏎}, tabs as {@code ⇥}, and
     * its bytes in hexadecimal if it is a part of a character.
     */
    public String printable(int id) {
        String piece = tokenOf(id);
        if (!byteLevel) {
            return visible(piece.replace('\u2581', ' '));
        }
        String text = ByteSymbols.text(piece);
        return text.indexOf('\uFFFD') >= 0 && !isSpecial(id) ? ByteSymbols.hex(piece) : visible(text);
    }

    private static String visible(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case ' ' -> out.append('·');
                case '\n' -> out.append('⏎');
                case '\r' -> out.append('␍');
                case '\t' -> out.append('⇥');
                default -> {
                    if (Character.isISOControl(c)) {
                        out.append(String.format("<%02X>", c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.toString();
    }

    /** Whether an id is a special token, which {@code decode(ids, true)} leaves out. */
    public boolean isSpecial(int id) {
        return special.contains(id);
    }

    /**
     * A new tokenizer that reads each of the given texts as one special token. Ask {@link #idOf} of the result for their
     * ids. This one stays open and unchanged.
     */
    public Tokenizer withAddedTokens(List<String> added) {
        for (String token : added) {
            if (token.isBlank()) {
                throw new BadInputException(
                        "An added token is '" + token + "'; give it at least one visible character.");
            }
        }
        return new Tokenizer(new TokenizerJson(json).withSpecialTokens(added));
    }

    /** A decoder that turns ids into text one by one. */
    public StreamingDecoder streamingDecoder(boolean skipSpecial) {
        return new StreamingDecoder(this, skipSpecial);
    }

    /** Whether tokens are written in the symbols of byte-level BPE. */
    boolean isByteLevel() {
        return byteLevel;
    }

    /** The text of the tokenizer.json. */
    public String json() {
        return json;
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                encoder.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("The tokenizer is closed.");
        }
    }

    private int checked(int id) {
        if (id < 0 || id >= size) {
            throw new BadInputException(
                    "Token id " + id + " is outside the vocabulary; ids run from 0 to " + (size - 1) + ".");
        }
        return id;
    }
}
