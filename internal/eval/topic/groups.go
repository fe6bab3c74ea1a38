package topic

// Group is an occupational group.
type Group struct {
	// ID is stable and stands in results.
	ID string
	// SOC is the code of the major group, empty for None.
	SOC string
	// En and Ja are names for people.
	En, Ja string
}

// None is the id of what belongs to no occupation.
const None = "none"

var groups = []Group{
	{"management", "11-0000", "Management", "管理職"},
	{"business_finance", "13-0000", "Business and finance", "ビジネス・金融"},
	{"computer_math", "15-0000", "Computer and mathematics", "コンピューター・数学"},
	{"architecture_engineering", "17-0000", "Architecture and engineering", "建築・工学"},
	{"science", "19-0000", "Life, physical and social science", "自然科学・社会科学"},
	{"community", "21-0000", "Community and social service", "地域・社会福祉"},
	{"legal", "23-0000", "Legal", "法律"},
	{"education", "25-0000", "Education and library", "教育・図書館"},
	{"arts_media", "27-0000", "Arts, design, entertainment, sports and media", "芸術・デザイン・スポーツ・メディア"},
	{"healthcare_practice", "29-0000", "Healthcare practice", "医療専門職"},
	{"healthcare_support", "31-0000", "Healthcare support", "医療・介護の補助"},
	{"protective", "33-0000", "Protective service", "保安・警備・消防"},
	{"food", "35-0000", "Food preparation and serving", "調理・給仕"},
	{"building", "37-0000", "Building and grounds cleaning", "清掃・敷地の手入れ"},
	{"personal_care", "39-0000", "Personal care and service", "理美容・保育・対人サービス"},
	{"sales", "41-0000", "Sales", "販売・営業"},
	{"office", "43-0000", "Office and administrative support", "事務"},
	{"farming", "45-0000", "Farming, fishing and forestry", "農林水産"},
	{"construction", "47-0000", "Construction and extraction", "建設・採掘"},
	{"installation", "49-0000", "Installation, maintenance and repair", "据付・保守・修理"},
	{"production", "51-0000", "Production", "製造"},
	{"transport", "53-0000", "Transportation and material moving", "運輸・荷役"},
	{None, "", "None", "該当なし"},
}

// Groups lists all groups in the order of their codes, None last.
func Groups() []Group { return append([]Group(nil), groups...) }

// place is where a group stands in Groups, -1 for an unknown one.
func place(id string) int {
	for i, g := range groups {
		if g.ID == id {
			return i
		}
	}
	return -1
}
