/**
 * Frequent English words and the words that fill image prompts. A key made of these alone would wake on prompts that never meant the
 * concept. The list needs no completeness: it only decides about a warning.
 */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  `a about above across after again against all alone along also always am among an and angry animal another any are arm arms around art artist as at autumn away
  baby back background bag ball bar beach beautiful because bed been before behind being below beside best between big bird black blue boat body book both bottom bowl box boy
  bridge bright brown building but by can cap car cartoon castle cat center chair child children cinematic city clean clear close closeup clothes cloud clouds coat cold color colors
  come concept cool could country cup cute dark day deep desert design detail detailed digital do does dog door down drawing dress drink each early earth easy eat edge eight empty end
  epic evening every eye eyes face family fantasy far fast feet field film fire first fish five flat floor flower flowers focus food foot for forest four fox from front full
  game garden girl glass glasses gloves go gold golden good grass gray great green grey ground group had hair half hand hands happy hard has hat have he head headwear helmet her here
  high hill him his holding holds home horse hot house how human i ice if illustration image in indoors inside into is island it its jacket just kitchen lake lamp landscape large last
  late leaf leaves left leg legs life light lighting like line little long look looking looks low machine made magic make man many map masterpiece me meadow men metal middle modern
  moon more morning most mountain mountains mouth much my natural near neck neon new next nice night no north nose not now ocean of off oil old on one only open or orange
  other our out outdoors outside over own painting pants paper park part path people person photo photograph photography picture pink place plain plant play portrait pose pretty
  purple quality quick quiet rain realistic red render rendering right ring river road robot rock roof room round run running sad said sand scarf scene school sea second see set seven
  shadow sharp she ship shirt shoes short shot should show side silver simple sitting six size sketch sky sleeping slow small smile smiling snow so soft some sometimes south space spring square
  standing star stars steel still stone store street strong studio style summer sun sunny sunset sword table tall teal ten than that the their them then there they thin thing this three
  through time to together too top town toy train tree trees truck turn two under until up us very view village walk walking wall war warm was watch water wave we wearing wears well west what
  wheel when where which while white who wide wild will wind window winter with without woman women wood wooden word work world would yellow yes you young your zero`
    .split(/\s+/),
);

/** Marks that tokenizers put at the border of a word: CLIP's end mark, SentencePiece's and byte-level BPE's start marks. */
const WORD_END = '</w>';
const WORD_START = /^[▁Ġ]/u;

/** True when a token stands for something that any prompt may hold: a common English word, or digits and punctuation alone. */
export function isOrdinaryToken(tokenText: string): boolean {
  const complete = tokenText.endsWith(WORD_END) || WORD_START.test(tokenText);
  const plain = withoutMarks(tokenText).toLowerCase();
  if (plain === '' || /^[\p{N}\p{P}\p{S}]+$/u.test(plain)) return true;
  return complete && COMMON_WORDS.has(plain);
}

/** True when a token is a border of a word and nothing else: words begin with it whose first letters have no piece. */
export function isWordBorder(tokenText: string): boolean {
  return withoutMarks(tokenText) === '';
}

function withoutMarks(tokenText: string): string {
  return tokenText.replace(WORD_START, '').replace(WORD_END, '');
}

/** The text of a key for people: its pieces joined, word marks turned into spaces (`cyber` `nebula</w>` -> `cybernebula`). */
export function plainText(tokenTexts: readonly string[]): string {
  return tokenTexts.map((text) => (text.endsWith(WORD_END) ? `${text.slice(0, -WORD_END.length)} ` : text.replace(WORD_START, ' '))).join('').trim();
}
