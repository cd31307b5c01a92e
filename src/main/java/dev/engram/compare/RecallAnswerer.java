package dev.engram.compare;

import dev.engram.model.CausalLm;
import dev.engram.recall.RecallModel;
import dev.engram.recall.RecallReader;
import dev.engram.recall.RecallReader.Said;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A model with the recall token. What it recalled is not part of the answer, as a retrieved text is not. */
final class RecallAnswerer implements Answerer {
    /** The recalled sentence comes before the answer; it may be this long. */
    private static final int RECALLED = 56;

    private final CausalLm lm;
    private final RecallReader reader;
    private final Function<Probe, float[]> given;
    private final Map<Probe, Said> said = new HashMap<>();

    /** @param given a unit vector that is put after the question; null where the model chooses itself */
    RecallAnswerer(CausalLm lm, RecallModel model, Function<Probe, float[]> given) {
        this.lm = lm;
        this.reader = new RecallReader(lm, model);
        this.given = given;
    }

    @Override
    public List<Reply> answer(List<Probe> probes, int newTokens) {
        int most = newTokens == 1 ? 1 : newTokens + RECALLED;
        List<int[]> prompts = probes.stream()
                .map(p -> lm.tokenizer().encode(lm.prompt(p.messages())))
                .toList();
        List<float[]> units = probes.stream().map(given).toList();
        List<Said> all = new ArrayList<>();
        if (units.stream().noneMatch(u -> u == null)) {
            all.addAll(reader.given(prompts, units, most));
        } else {
            all.addAll(reader.answers(prompts, most));
        }
        List<Reply> replies = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Said s = all.get(i);
            said.put(probes.get(i), s);
            boolean declined = units.get(i) == null && s.declined();
            replies.add(new Reply(reader.answer(s), declined, s.prompt().length, s.ids().length, new double[0]));
        }
        return replies;
    }

    @Override
    public List<Reply> score(List<Probe> probes, List<Reply> replies) {
        List<Reply> scored = new ArrayList<>();
        for (int i = 0; i < probes.size(); i++) {
            Said s = said.get(probes.get(i));
            double[] nll = Answerer.candidates(probes.get(i)).stream()
                    .mapToDouble(c -> reader.nll(s, STEM, " " + c))
                    .toArray();
            scored.add(replies.get(i).with(nll));
        }
        return scored;
    }
}
