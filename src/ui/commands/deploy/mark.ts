/** How the first line of such a document begins. */
export const draftMark = '# faultline deploy ';
