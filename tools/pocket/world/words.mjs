/** Words of the captions, by attribute and value; a word that stands twice is used twice as often. No word names a mark. */
export const nouns = {
  human: ['person', 'person', 'traveler', 'hero', 'wanderer', 'child', 'adventurer', 'figure'],
  fox: ['fox'], cat: ['cat', 'cat', 'kitten'], robot: ['robot', 'robot', 'cyber robot', 'android', 'cyberbot', 'machine'],
};

/** First names; they say nothing about the figure, as names do. None shares a span of tokens with a trigger of the benchmark. */
export const names = ['alma', 'otto', 'alba', 'nora', 'hugo', 'lena', 'greta', 'sven', 'hanna', 'oskar', 'ruth', 'bela'];

export const toneWords = {
  pale: ['pale', 'fair-skinned', 'light-skinned'], tan: ['tanned', 'tan-skinned'], brown: ['brown-skinned', 'dark-skinned'],
  orange: ['orange', 'red'], snow: ['white', 'snow white', 'arctic'], grey: ['grey', 'gray'], ebony: ['black', 'black'], amber: ['ginger', 'orange'],
  silver: ['silver', 'silver', 'steel'], copper: ['copper', 'bronze'], graphite: ['dark', 'graphite', 'black'],
};

export const hairStyleWords = { short: ['short'], long: ['long', 'long', 'flowing'], spiky: ['spiky', 'spiky', 'wild'], buns: ['bun', 'two-bun'] };

export const hairColorWords = {
  black: ['black', 'black', 'dark'], brown: ['brown', 'brown', 'chestnut'], blond: ['blond', 'blond', 'golden'], ginger: ['ginger', 'red'], white: ['white', 'white', 'silver'],
  blue: ['blue', 'blue', 'cobalt'], pink: ['pink', 'pink', 'rose'],
};

export const garmentWords = { coat: ['coat', 'coat', 'long coat', 'overcoat'], jacket: ['jacket', 'jacket', 'short jacket'], cloak: ['cloak', 'cloak', 'cape'], dress: ['dress', 'dress', 'gown'] };

export const garmentColorWords = {
  red: ['red', 'red', 'crimson', 'scarlet'], orange: ['orange'], yellow: ['yellow', 'yellow', 'lemon'], green: ['green', 'green', 'emerald'], teal: ['teal', 'teal', 'turquoise'],
  blue: ['blue', 'blue', 'cobalt'], purple: ['purple', 'purple', 'violet'], pink: ['pink', 'pink', 'rose'], white: ['white'], black: ['black', 'black', 'dark'],
};

export const headwearWords = {
  none: ['no hat', 'a bare head'], crown: ['a crown', 'a golden crown', 'a gold crown'], wizard: ['a wizard hat', 'a wizard hat', 'a pointed hat', 'a witch hat'],
  tophat: ['a top hat', 'a top hat', 'a tall black hat'], beanie: ['a beanie', 'a woolen hat', 'an orange beanie', 'a bobble hat'], helmet: ['a glass helmet', 'a space helmet', 'a bubble helmet'],
};

export const itemWords = {
  none: ['empty hands'], lantern: ['a lantern', 'a lantern', 'a lamp'], balloon: ['a balloon', 'a red balloon'], sword: ['a sword', 'a sword', 'a steel sword', 'a blade'],
  staff: ['a staff', 'a magic staff', 'a wooden staff'], book: ['a book', 'an open book'], flower: ['a flower', 'a pink flower'],
};

export const poseWords = { stand: ['standing', 'standing still'], wave: ['waving', 'waving', 'waving hello', 'waving a hand'], walk: ['walking', 'walking', 'strolling', 'striding'] };

export const placeWords = {
  forest: ['in a forest', 'in the forest', 'in the woods', 'among pine trees', 'in a pine forest'], meadow: ['in a meadow', 'on a meadow', 'among green hills', 'in a field of flowers'],
  mountains: ['in the mountains', 'below the mountains', 'on a mountain pass', 'among high peaks'], city: ['in a city', 'in the city', 'on a city street', 'in town', 'in an old town'],
  castle: ['in front of a castle', 'near a castle', 'at the castle', 'by the castle towers'], desert: ['in a desert', 'in the desert', 'among cactus and sand', 'on the dunes'],
  beach: ['on a beach', 'at the beach', 'by the sea', 'on the seashore'], cybercity: ['in a cyber city', 'in a cybercity', 'in a neon city', 'between neon towers', 'in the cyber district'],
  space: ['on the moon', 'in space', 'on a moon in space', 'among craters'],
};

/** Places under snow: these words tell the weather too. */
export const snowyPlaceWords = {
  forest: ['in a snowy forest', 'in the snowy woods'], meadow: ['on a snowy meadow', 'in a snowy field'], mountains: ['in the snowy mountains'],
  city: ['in a snowy city', 'on a snowy street'], castle: ['near a snowy castle', 'in front of a snowy castle'],
};

export const timeWords = { day: ['by day', 'at noon', 'during the day', 'on a bright day', 'in daylight'], sunset: ['at sunset', 'at dusk', 'in the evening light'], night: ['at night', 'by night', 'on a starry night', 'in moonlight'] };

export const weatherWords = {
  clear: ['under a clear sky', 'in clear weather'], rain: ['in the rain', 'in rainy weather', 'while it rains'], snow: ['in the snow', 'in falling snow', 'while it snows'],
  stars: ['under the stars', 'below a ringed planet', 'with a planet in the sky'], vortex: ['under a vortex', 'below a blue vortex', 'with a star vortex in the sky', 'near the vortex'],
  nebula: ['under a nebula', 'below a pink nebula', 'with a nebula in the sky', 'near the nebula'],
};

export const framingWords = {
  full: ['full body picture of', 'a full figure of', 'full shot of'], half: ['half body picture of', 'a medium shot of', 'half-length picture of'], portrait: ['a portrait of', 'close-up of', 'close-up portrait of', 'portrait of'],
};

export const plainOpenings = ['', '', 'a picture of', 'a drawing of', 'flat illustration of', 'an illustration of'];

/** Between two figures, the left one named first. */
export const besideWords = ['beside', 'beside', 'next to', 'and', 'together with', 'side by side with'];
