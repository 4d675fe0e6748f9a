"""Captions as token ids, cut to what a batch needs."""

import numpy as np
import torch


class Captions:
    """Tokenized captions: `ids` [count, per image, length] and their lengths, the end token included."""

    def __init__(self, world, tokenizer, cache, device, length=77):
        if not cache.exists():
            flat = [caption for group in world.captions() for caption in group]
            ids = tokenizer(flat, padding="max_length", truncation=True, max_length=length, return_tensors="np").input_ids
            np.save(cache, ids.reshape(world.count, -1, ids.shape[-1]).astype(np.int16))
        self.ids = torch.from_numpy(np.load(cache)).to(device)
        self.empty = torch.tensor(tokenizer("", padding="max_length", max_length=length).input_ids, device=device)
        # Its first end token: some tokenizers pad with further ones, others with a token of their own.
        self.lengths = (self.ids == tokenizer.eos_token_id).int().argmax(-1) + 1

    def draw(self, count, random):
        """Images and which of their captions [B], all captions of about one length: one quarter of four batches sorted by it, so that little is padding."""
        device = self.ids.device
        indices = torch.randint(len(self.ids), (4 * count,), generator=random, device=device)
        which = torch.randint(self.ids.shape[1], (4 * count,), generator=random, device=device)
        quarter = int(torch.randint(4, (1,), generator=random, device=device)) * count
        order = self.lengths[indices, which].argsort(stable=True)[quarter : quarter + count]
        return indices[order], which[order]

    def batch(self, indices, random, dropout, positions):
        """Token ids [B, T]: a random caption per image, some dropped. `positions` is T; None cuts to the longest."""
        which = torch.randint(self.ids.shape[1], indices.shape, generator=random, device=indices.device)
        dropped = torch.rand(len(indices), generator=random, device=indices.device) < dropout
        return self.rows(indices, which, dropped)[:, : positions or self.longest(indices, which)]

    def rows(self, indices, which, dropped):
        """Token ids [B, length] of the captions `which` of images; those dropped are empty."""
        ids = self.ids[indices, which].long()
        ids[dropped] = self.empty
        return ids

    def longest(self, indices, which):
        """Positions that the longest of these captions needs, with one of padding behind it."""
        return int(self.lengths[indices, which].max()) + 2
