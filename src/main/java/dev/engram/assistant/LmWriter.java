package dev.engram.assistant;

import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import dev.engram.model.text.Tokenizer;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RagPrompt;
import dev.engram.retrieve.Retriever;
import java.util.ArrayList;
import java.util.List;

/**
 * A language model reads the texts and answers. While it generates, the store is read again every few tokens with the question and
 * what was said so far (seed 001: "short RAG ... reads and writes memory dynamically"). If that finds a new text, generation stops
 * and starts anew with it. This follows FLARE (Jiang et al. 2023, arXiv 2305.06983) but asks every n tokens; FLARE
 * asks when a token is unsure, with a sentence that looks ahead.
 */
public final class LmWriter implements AnswerWriter {
    private static final String INSTRUCTION = "Answer the question using the text.";

    private final CausalLm lm;
    private final int every;
    private final int mostTexts;
    private final GenerationConfig config;

    /**
     * @param every tokens between two looks into the store while generating; 0 for never
     * @param mostTexts texts that a prompt may hold
     */
    public LmWriter(CausalLm lm, int every, int mostTexts) {
        if (every < 0 || mostTexts < 1) {
            throw new BadInputException("The store is to be read every " + every + " tokens for up to " + mostTexts
                    + " texts; give at least 0 and 1.");
        }
        this.lm = lm;
        this.every = every;
        this.mostTexts = mostTexts;
        this.config = GenerationConfig.greedy(32).withStop("\n");
    }

    @Override
    public Draft write(String question, List<Hit> texts, Retriever store) {
        List<Hit> read = new ArrayList<>(texts);
        int rereads = 0;
        while (true) {
            Rereading looking = new Rereading(question, read, store);
            String text = generate(question, read, looking);
            rereads += looking.asked;
            if (looking.found == null) {
                return new Draft(text.strip(), List.copyOf(read), rereads);
            }
            read.add(looking.found);
        }
    }

    private String generate(String question, List<Hit> read, GenerationListener listener) {
        List<Hit> safe = read.stream()
                .map(h -> new Hit(h.id(), plain(lm.tokenizer(), h.text()), h.score()))
                .toList();
        List<Message> messages = new RagPrompt(INSTRUCTION, false).messages(plain(lm.tokenizer(), question), safe);
        try (KvCache cache = lm.decoder().newCache()) {
            int[] ids = lm.tokenizer().encode(lm.prompt(messages));
            return lm.generate(ids, cache, config, Seams.none(), null, listener).text();
        }
    }

    /** The text with a space inside whatever the tokenizer would read as a special token: users' words are never part of a template. */
    static String plain(Tokenizer tokenizer, String text) {
        String now = text;
        for (int round = 0; round < 100; round++) {
            Tokenizer.Pieces p = tokenizer.pieces(now);
            StringBuilder out = new StringBuilder(now);
            boolean changed = false;
            for (int i = p.ids().length - 1; i >= 0; i--) {
                if (tokenizer.isSpecial(p.ids()[i]) && p.to()[i] > p.from()[i]) {
                    out.insert(p.from()[i] + 1, ' ');
                    changed = true;
                }
            }
            if (!changed) {
                return now;
            }
            now = out.toString();
        }
        return "";
    }

    /** Looks into the store while text appears, and stops the generation when it finds something new. */
    private final class Rereading implements GenerationListener {
        private final String question;
        private final List<Hit> read;
        private final Retriever store;
        private final StringBuilder said = new StringBuilder();
        private int tokens;
        private int asked;
        private Hit found;

        private Rereading(String question, List<Hit> read, Retriever store) {
            this.question = question;
            this.read = read;
            this.store = store;
        }

        @Override
        public void text(String piece) {
            said.append(piece);
        }

        @Override
        public void token(int id) {
            tokens++;
        }

        @Override
        public boolean cancelled() {
            if (every > 0 && read.size() < mostTexts && tokens > 0 && tokens % every == 0) {
                asked++;
                found = store.retrieve(said.toString(), mostTexts).stream()
                        .filter(h -> read.stream().noneMatch(r -> r.id().equals(h.id())))
                        .findFirst()
                        .orElse(null);
            }
            return found != null;
        }
    }
}
